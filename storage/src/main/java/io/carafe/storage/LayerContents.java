package io.carafe.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A layer in the hands of somebody who stacks it on others: its files, and what {@code layer.json} says about them. */
record LayerContents(Path diff, LayerFile file) {

    LayerContents hidingToo(List<String> paths) {
        var all = new ArrayList<>(file.whiteouts());
        all.addAll(paths);
        return new LayerContents(
                diff,
                new LayerFile(
                        file.version(),
                        file.diffId(),
                        file.nodes(),
                        file.bytes(),
                        file.inodes(),
                        file.implied(),
                        all,
                        file.opaque()));
    }
}
