package io.carafe.cli;

import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.PodIP;
import io.carafe.proto.cri.v1.PodSandbox;
import io.carafe.proto.cri.v1.PodSandboxState;
import io.carafe.proto.cri.v1.PodSandboxStatus;
import io.carafe.proto.cri.v1.PodSandboxStatusRequest;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

final class PodsCommand extends DaemonCommand {

    private final Supplier<Boolean> quiet = words.flag("print ids only", "-q", "--quiet");

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    PodsCommand(Carafe carafe) {
        super(carafe, "pods", "List pods.");
    }

    @Override
    int run(Connection daemon) {
        var pods = daemon.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList().stream()
                .sorted(Lookup.NEWEST_POD_FIRST)
                .toList();
        if (quiet.get()) {
            pods.forEach(pod -> out.println(Text.shortId(pod.getId())));
            return 0;
        }
        var statuses = statuses(daemon, pods);
        if (format.get() == Format.json) {
            out.println(JsonText.of(statuses.stream().map(PodsCommand::json).toList()));
        } else {
            var table = new Table("POD ID", "NAMESPACE", "NAME", "STATE", "IP", "CREATED", "RUNTIME");
            for (var pod : statuses) {
                table.row(
                        Text.shortId(pod.getId()),
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getName(),
                        state(pod),
                        String.join(",", ips(pod)),
                        PsCommand.ago(pod.getCreatedAt()),
                        pod.getRuntimeHandler());
            }
            out.print(table);
        }
        return 0;
    }

    private static List<PodSandboxStatus> statuses(Connection daemon, List<PodSandbox> pods) {
        var statuses = new ArrayList<PodSandboxStatus>();
        for (var pod : pods) {
            try {
                var request = PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod.getId());
                statuses.add(daemon.runtime().podSandboxStatus(request.build()).getStatus());
            } catch (StatusRuntimeException e) {
                if (!Connection.isNotFound(e)) {
                    throw e;
                }
                // removed meanwhile
            }
        }
        return statuses;
    }

    private static String state(PodSandboxStatus pod) {
        return pod.getState() == PodSandboxState.SANDBOX_READY ? "ready" : "stopped";
    }

    private static List<String> ips(PodSandboxStatus pod) {
        var network = pod.getNetwork();
        return Stream.concat(
                        Stream.of(network.getIp()),
                        network.getAdditionalIpsList().stream().map(PodIP::getIp))
                .filter(ip -> !ip.isEmpty())
                .toList();
    }

    private static Map<String, Object> json(PodSandboxStatus pod) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", pod.getId());
        json.put("name", pod.getMetadata().getName());
        json.put("namespace", pod.getMetadata().getNamespace());
        json.put("uid", pod.getMetadata().getUid());
        json.put("attempt", pod.getMetadata().getAttempt());
        json.put("state", state(pod));
        json.put("ips", ips(pod));
        json.put("createdAt", PsCommand.time(pod.getCreatedAt()).toString());
        json.put("runtimeHandler", pod.getRuntimeHandler());
        json.put("labels", new java.util.TreeMap<>(pod.getLabelsMap()));
        return json;
    }
}
