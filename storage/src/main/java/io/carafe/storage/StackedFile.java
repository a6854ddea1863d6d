package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.Stat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A file as a stack of layers shows it, without mounting them.
 *
 * @param stat what the topmost layer that describes it says
 * @param describing that layer; of a directory that none describes, the topmost that has it
 * @param described whether one does
 * @param parts the layers whose entries show in it if it is a directory, the topmost first; otherwise none
 */
record StackedFile(String path, Stat stat, LayerPart describing, boolean described, List<LayerPart> parts) {

    /**
     * The root of a stack.
     *
     * @param layers the topmost first; at least one
     */
    static StackedFile root(List<LayerPart> layers) throws IOException {
        return of("", layers);
    }

    /** What a directory has under this name; null for nothing. */
    StackedFile child(String name) throws IOException {
        return of(EntryPath.child(path, name), parts);
    }

    private static StackedFile of(String path, List<LayerPart> parts) throws IOException {
        var showing = new ArrayList<LayerPart>();
        StackedFile found = null;
        for (var part : parts) {
            if (part.whiteouts.contains(path)) {
                break;
            }
            var stat = part.root().statIfThere(path);
            if (stat == null) {
                continue;
            }
            if (!stat.isDirectory()) {
                return found != null || stat.isWhiteout() ? found : new StackedFile(path, stat, part, true, List.of());
            }
            showing.add(part);
            boolean describes = !part.implied.contains(path);
            if (found == null || (!found.described() && describes)) {
                found = new StackedFile(path, stat, part, describes, showing);
            }
            if (part.opaque.contains(path)) {
                break;
            }
        }
        return found;
    }

    boolean isDirectory() {
        return stat.isDirectory();
    }

    /** What is in a directory. */
    Set<String> names() throws IOException {
        var names = new TreeSet<String>();
        var hidden = new HashSet<String>();
        for (var part : parts) {
            try (var directory = part.root().openDirectory(path)) {
                for (var entry : At.list(directory)) {
                    if (!hidden.contains(entry.name())
                            && !part.whiteouts.contains(EntryPath.child(path, entry.name()))) {
                        names.add(entry.name());
                    }
                }
            }
            for (var whiteout : part.whiteouts) {
                if (EntryPath.parent(whiteout).equals(path)) {
                    hidden.add(EntryPath.name(whiteout));
                }
            }
        }
        return names;
    }
}
