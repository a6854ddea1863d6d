package io.carafe.cli;

import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.ContainerStatus;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

final class PsCommand extends DaemonCommand {

    private final Supplier<Boolean> all = words.flag("also those that do not run", "-a", "--all");

    private final Supplier<Boolean> quiet = words.flag("print ids only", "-q", "--quiet");

    private final Supplier<Boolean> whole = words.flag("do not shorten ids", "--no-trunc");

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    private record Row(Container container, ContainerStatus status, String pod) {}

    PsCommand(Carafe carafe) {
        super(carafe, "ps", "List containers.");
    }

    @Override
    int run(Connection daemon) {
        var rows = rows(daemon);
        if (quiet.get()) {
            rows.forEach(row -> out.println(id(row.container().getId())));
        } else if (format.get() == Format.json) {
            out.println(JsonText.of(rows.stream().map(PsCommand::json).toList()));
        } else {
            out.print(table(rows));
        }
        return 0;
    }

    private List<Row> rows(Connection daemon) {
        var lookup = Lookup.in(daemon);
        var rows = new ArrayList<Row>();
        for (var container : lookup.containers()) {
            if (!all.get() && container.getState() != ContainerState.CONTAINER_RUNNING) {
                continue;
            }
            try {
                var request = ContainerStatusRequest.newBuilder().setContainerId(container.getId());
                var status = daemon.runtime().containerStatus(request.build()).getStatus();
                rows.add(new Row(
                        container,
                        status,
                        lookup.podOf(container).map(Lookup::qualifiedName).orElse("")));
            } catch (StatusRuntimeException e) {
                if (!Connection.isNotFound(e)) {
                    throw e;
                }
                // removed meanwhile
            }
        }
        return rows;
    }

    private String table(List<Row> rows) {
        var table = new Table("CONTAINER ID", "IMAGE", "CREATED", "STATUS", "PORTS", "POD", "NAME");
        for (var row : rows) {
            table.row(
                    id(row.container().getId()),
                    imageName(row.container()),
                    ago(row.container().getCreatedAt()),
                    state(row.status(), Instant.now()),
                    row.container().getAnnotationsOrDefault(Annotations.PORTS, ""),
                    row.pod(),
                    row.container().getMetadata().getName());
        }
        return table.toString();
    }

    private String id(String id) {
        return whole.get() ? id : Text.shortId(id);
    }

    /** As the user wrote it, if the daemon knows. */
    static String imageName(Container container) {
        var image = container.getImage();
        var written = image.getUserSpecifiedImage().isEmpty() ? image.getImage() : image.getUserSpecifiedImage();
        return written.startsWith("sha256:") ? Text.shortId(written) : written;
    }

    static String ago(long nanos) {
        return Units.age(Duration.between(time(nanos), Instant.now())) + " ago";
    }

    static String state(ContainerStatus status, Instant now) {
        return switch (status.getState()) {
            case CONTAINER_CREATED -> "Created";
            case CONTAINER_RUNNING -> "Up " + Units.age(Duration.between(time(status.getStartedAt()), now));
            case CONTAINER_EXITED ->
                "Exited (" + status.getExitCode() + ") "
                        + Units.age(Duration.between(time(status.getFinishedAt()), now)) + " ago"
                        + (status.getReason().equals("OOMKilled") ? ", out of memory" : "");
            case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Unknown";
        };
    }

    static Instant time(long nanos) {
        return Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
    }

    private static Map<String, Object> json(Row row) {
        var json = new LinkedHashMap<String, Object>();
        var status = row.status();
        json.put("id", row.container().getId());
        json.put("name", row.container().getMetadata().getName());
        json.put("pod", row.pod());
        json.put("podId", row.container().getPodSandboxId());
        json.put("image", imageName(row.container()));
        json.put("imageId", row.container().getImageId());
        json.put("state", status.getState().name().replace("CONTAINER_", "").toLowerCase(java.util.Locale.ROOT));
        json.put("createdAt", time(status.getCreatedAt()).toString());
        json.put(
                "startedAt",
                status.getStartedAt() == 0 ? null : time(status.getStartedAt()).toString());
        json.put(
                "finishedAt",
                status.getFinishedAt() == 0
                        ? null
                        : time(status.getFinishedAt()).toString());
        json.put("exitCode", status.getState() == ContainerState.CONTAINER_EXITED ? status.getExitCode() : null);
        json.put("reason", status.getReason());
        json.put("ports", row.container().getAnnotationsOrDefault(Annotations.PORTS, ""));
        json.put("labels", new java.util.TreeMap<>(row.container().getLabelsMap()));
        return json;
    }
}
