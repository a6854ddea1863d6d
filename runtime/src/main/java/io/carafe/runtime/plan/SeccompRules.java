package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Seccomp;
import io.carafe.oci.runtime.Seccomp.Action;
import java.util.List;

/** {@code linux.seccomp}: the filter, and the connection of who decides on calls that it leaves open. */
final class SeccompRules {

    private static final Property SECCOMP = Property.of("linux.seccomp");

    private final Seccomp profile;
    private final SeccompFilters filters;
    private int listener;

    SeccompRules(Seccomp profile, SeccompFilters filters) {
        this.profile = profile;
        this.filters = filters;
    }

    /** Checks the profile, and connects its listener while the host's paths can be seen. */
    void connect(Draft draft) {
        if (profile == null) {
            return;
        }
        check();
        var path = profile.listenerPath();
        if (path != null && !path.isEmpty()) {
            int slot = draft.slot();
            listener = slot + 1;
            var origin = SECCOMP.member("listenerPath");
            draft.add(Phase.HOST, origin, new Step.Connect(slot, origin.absolute(path)));
        }
    }

    private void check() {
        SECCOMP.member("defaultAction").required(profile.defaultAction());
        if (profile.defaultAction() == Action.SCMP_ACT_NOTIFY) {
            throw SECCOMP.member("defaultAction")
                    .wrong("SCMP_ACT_NOTIFY", "would ask about the very call that hands over the answer");
        }
        boolean asks = false;
        for (int i = 0; i < profile.syscalls().size(); i++) {
            var rule = profile.syscalls().get(i);
            var origin = SECCOMP.member("syscalls").at(i);
            origin.member("action").required(rule.action());
            if (rule.names().isEmpty()) {
                throw origin.member("names").wrong("is missing");
            }
            if (rule.action() == Action.SCMP_ACT_NOTIFY) {
                asks = true;
                notAsked(rule.names(), origin.member("names"));
            }
            for (int j = 0; j < rule.args().size(); j++) {
                var argument = origin.member("args").at(j);
                argument.member("index").within(rule.args().get(j).index(), 0, 5);
                argument.member("op").required(rule.args().get(j).op());
            }
        }
        if (asks && (profile.listenerPath() == null || profile.listenerPath().isEmpty())) {
            throw SECCOMP.member("listenerPath").wrong("is missing, and SCMP_ACT_NOTIFY needs it");
        }
    }

    /** Calls that the launcher makes, or runc, before there is anybody who could answer. */
    private static void notAsked(List<String> names, Property origin) {
        if (names.contains("sendmsg")) {
            throw origin.wrong("sendmsg", "cannot be asked about: its agent is given the notifications by it");
        }
        if (names.contains("write")) {
            throw origin.wrong("write", "cannot be asked about: the program waits for it to start");
        }
    }

    void load(Draft draft) {
        if (profile == null) {
            return;
        }
        long flags = 0;
        for (var flag : profile.flags()) {
            flags |= switch (flag) {
                case SECCOMP_FILTER_FLAG_TSYNC -> 0x01;
                case SECCOMP_FILTER_FLAG_LOG -> 0x02;
                case SECCOMP_FILTER_FLAG_SPEC_ALLOW -> 0x04;
                case SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV -> 0x20;
            };
        }
        var metadata = profile.listenerMetadata() == null ? "" : profile.listenerMetadata();
        draft.add(Phase.GATE, SECCOMP, new Step.Seccomp(filters.compile(profile), flags, listener, metadata));
    }
}
