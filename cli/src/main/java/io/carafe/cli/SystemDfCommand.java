package io.carafe.cli;

import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.ContainerStats;
import io.carafe.proto.cri.v1.Image;
import io.carafe.proto.cri.v1.ListContainerStatsRequest;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListImagesRequest;
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
     * @param reclaimable bytes of those that are not; layers that images share count for each
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

    SystemDfCommand(Carafe carafe) {
        super(carafe, "df", "Show what images and containers take on disk.");
    }

    @Override
    int run(Connection daemon) {
        var images = daemon.images()
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesList();
        var containers = daemon.runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList();
        var stats = daemon.runtime()
                .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                .getStatsList();
        var rows = List.of(images(images, containers), containers(containers, stats));
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

    private static Row images(List<Image> images, List<Container> containers) {
        var used = containers.stream().map(Container::getImageId).collect(Collectors.toSet());
        var idle =
                images.stream().filter(image -> !used.contains(image.getId())).toList();
        return new Row(
                "Images",
                images.size(),
                images.size() - idle.size(),
                images.stream().mapToLong(Image::getSize).sum(),
                idle.stream().mapToLong(Image::getSize).sum());
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
