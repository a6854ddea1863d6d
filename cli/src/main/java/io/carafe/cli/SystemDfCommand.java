package io.carafe.cli;

import io.carafe.proto.carafe.v1.DiskUsageRequest;
import io.carafe.proto.carafe.v1.DiskUsageResponse;
import io.carafe.proto.carafe.v1.ImageUsage;
import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.ContainerStats;
import io.carafe.proto.cri.v1.ListContainerStatsRequest;
import io.carafe.proto.cri.v1.ListContainersRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

final class SystemDfCommand extends DaemonCommand {

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    /**
     * What one kind of thing takes on disk.
     *
     * @param active how many are in use
     * @param reclaimable bytes that only those take that are not, and are not pinned
     */
    private record Row(String type, int total, int active, long size, long reclaimable) {

        private String share() {
            return size == 0 ? "" : " (" + 100 * reclaimable / size + "%)";
        }

        private Object json() {
            var json = new LinkedHashMap<String, Object>();
            json.put("type", type);
            json.put("total", total);
            json.put("active", active);
            json.put("size", size);
            json.put("reclaimable", reclaimable);
            return json;
        }
    }

    private final Supplier<Boolean> verbose =
            words.flag("each image, with what it shares with others and what would go with it", "-v", "--verbose");

    SystemDfCommand(Carafe carafe) {
        super(carafe, "df", "Show what images and containers take on disk.");
    }

    @Override
    int run(Connection daemon) {
        var images = daemon.carafe().diskUsage(DiskUsageRequest.getDefaultInstance());
        if (verbose.get()) {
            printImages(images.getImagesList());
            return 0;
        }
        var containers = daemon.runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList();
        var stats = daemon.runtime()
                .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                .getStatsList();
        var rows = List.of(images(images), containers(containers, stats));
        if (format.get() == Format.json) {
            out.println(JsonText.of(rows.stream().map(Row::json).toList()));
            return 0;
        }
        var table = new Table("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE");
        for (var row : rows) {
            table.row(
                    row.type(),
                    Integer.toString(row.total()),
                    Integer.toString(row.active()),
                    Units.decimal(row.size()),
                    Units.decimal(row.reclaimable()) + row.share());
        }
        out.print(table);
        return 0;
    }

    private void printImages(List<ImageUsage> images) {
        if (format.get() == Format.json) {
            out.println(JsonText.of(images.stream().map(SystemDfCommand::json).toList()));
            return;
        }
        var table = new Table("IMAGE", "IMAGE ID", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS");
        for (var image : images) {
            table.row(
                    image.getTagsList().stream().findFirst().orElse("<none>"),
                    Text.shortId(image.getImageId()),
                    Units.decimal(image.getSize()),
                    Units.decimal(image.getSharedSize()),
                    Units.decimal(image.getSize() - image.getSharedSize()),
                    Integer.toString(image.getContainers()));
        }
        out.print(table);
    }

    private static Object json(ImageUsage image) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", image.getImageId());
        json.put("tags", image.getTagsList());
        json.put("size", image.getSize());
        json.put("sharedSize", image.getSharedSize());
        json.put("uniqueSize", image.getSize() - image.getSharedSize());
        json.put("containers", image.getContainers());
        return json;
    }

    private static Row images(DiskUsageResponse usage) {
        int used = (int) usage.getImagesList().stream()
                .filter(image -> image.getContainers() > 0)
                .count();
        return new Row("Images", usage.getImagesCount(), used, usage.getBytes(), usage.getReclaimableBytes());
    }

    private static Row containers(List<Container> containers, List<ContainerStats> stats) {
        var running = containers.stream()
                .filter(container -> container.getState() == ContainerState.CONTAINER_RUNNING)
                .map(Container::getId)
                .collect(Collectors.toSet());
        long idle = stats.stream()
                .filter(each -> !running.contains(each.getAttributes().getId()))
                .mapToLong(SystemDfCommand::written)
                .sum();
        return new Row(
                "Containers",
                containers.size(),
                running.size(),
                stats.stream().mapToLong(SystemDfCommand::written).sum(),
                idle);
    }

    private static long written(ContainerStats stats) {
        return stats.getWritableLayer().getUsedBytes().getValue();
    }
}
