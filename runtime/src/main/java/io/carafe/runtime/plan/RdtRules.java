package io.carafe.runtime.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code linux.intelRdt}: a group of resctrl, made for the container unless it names one. */
final class RdtRules {

    private static final Property RDT = Property.of("linux.intelRdt");

    private RdtRules() {}

    static void apply(Draft draft) {
        var rdt = draft.linux.intelRdt();
        if (rdt == null) {
            return;
        }
        if (draft.facts.resctrl().isEmpty()) {
            throw RDT.impossible("this host has no resctrl; mount it at /sys/fs/resctrl if the processor has it");
        }
        boolean named = rdt.closID() != null && !rdt.closID().isEmpty();
        var group = named ? rdt.closID() : draft.request.id();
        if ((group.contains("/") && !group.equals("/")) || group.equals(".") || group.equals("..")) {
            throw RDT.member("closID").wrong(group, "is no name of a directory");
        }
        var directory = group.equals("/") ? draft.facts.resctrl() : draft.facts.resctrl() + "/" + group;
        var schemata = schemata(draft);
        var kind = !named
                ? Step.Rdt.Group.MADE
                : schemata.isEmpty() ? Step.Rdt.Group.MUST_EXIST : Step.Rdt.Group.MUST_BE_EQUAL;
        draft.add(Phase.OUTSIDE, RDT, new Step.Rdt(directory, schemata, kind));
        if (rdt.enableMonitoring()) {
            var monitoring = directory + "/mon_groups/" + draft.request.id();
            draft.add(
                    Phase.OUTSIDE,
                    RDT.member("enableMonitoring"),
                    new Step.Rdt(monitoring, List.of(), Step.Rdt.Group.MADE));
            draft.add(Phase.DELETED, RDT.member("enableMonitoring"), new Step.RemoveDirectory(monitoring));
        }
        if (!named) {
            draft.add(Phase.DELETED, RDT, new Step.RemoveDirectory(directory));
        }
    }

    /** Lines in the order in which they are written: of two for one resource, the later wins. */
    private static List<String> schemata(Draft draft) {
        var rdt = draft.linux.intelRdt();
        var lines = new ArrayList<String>();
        if (rdt.l3CacheSchema() != null) {
            // memory bandwidth is what memBwSchema is for
            rdt.l3CacheSchema()
                    .lines()
                    .filter(line -> !line.strip().toUpperCase(Locale.ROOT).startsWith("MB:"))
                    .forEach(lines::add);
        }
        if (rdt.memBwSchema() != null) {
            rdt.memBwSchema().lines().forEach(lines::add);
        }
        lines.addAll(rdt.schemata());
        for (var line : lines) {
            if (line.contains("\n") || !line.contains(":")) {
                throw RDT.member("schemata").wrong(line, "is no line such as L3:0=f");
            }
        }
        return lines;
    }
}
