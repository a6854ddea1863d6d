package io.carafe.engine.cdi;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Spec;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The CDI files of the node. A later directory goes before an earlier one; a device that two files of one directory describe
 * belongs to neither.
 *
 * <p>The directories are looked through when somebody asks for a device, and files that have not changed since are not read
 * again. So a device that its vendor describes right before the kubelet asks for it is found, which a watch could miss by
 * its delay, and a node without devices pays nothing.
 */
public final class CdiDirectories {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    /** More files than vendors write. */
    private static final int MOST_FILES = 1000;

    /** How many unusable files an error names. */
    private static final int NAMED_PROBLEMS = 3;

    private final List<Path> directories;
    private final Map<Path, CdiFile> known = new ConcurrentHashMap<>();

    /** @param directories in rising priority; they need not exist */
    public CdiDirectories(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    private record Found(CdiSpec spec, CdiSpec.Device device) {}

    /**
     * Puts devices into a container.
     *
     * @param names {@code vendor.com/class=device} each
     * @throws CarafeException.InvalidArgument if a name is malformed
     * @throws CarafeException.FailedPrecondition if no file has a device, two have it, or its node is missing on this host
     */
    public Spec inject(Spec spec, List<String> names) {
        if (names.isEmpty()) {
            return spec;
        }
        var wanted = names.stream().map(CdiName::parse).collect(Collectors.toCollection(LinkedHashSet::new));
        var files = read();
        var injection = new Injection(spec);
        var applied = new HashSet<CdiSpec>();
        for (var name : wanted) {
            var found = find(name, files);
            try {
                if (applied.add(found.spec())) {
                    injection.apply(found.spec().containerEdits());
                }
                injection.apply(found.device().containerEdits());
            } catch (CarafeException e) {
                throw e.in("CDI device " + name);
            }
        }
        return injection.result();
    }

    /** By directory, in rising priority. */
    private List<List<CdiFile>> read() {
        var all = directories.stream().map(this::read).toList();
        known.keySet()
                .retainAll(all.stream().flatMap(List::stream).map(CdiFile::path).collect(Collectors.toSet()));
        return all;
    }

    private List<CdiFile> read(Path directory) {
        var files = new ArrayList<CdiFile>();
        try (var entries = Files.newDirectoryStream(directory, CdiFile::isOne)) {
            for (var path : entries) {
                if (files.size() >= MOST_FILES) {
                    throw new CarafeException.ResourceExhausted(
                            "CDI directory " + directory + " has more than " + MOST_FILES + " files");
                }
                files.add(current(path));
            }
        } catch (NoSuchFileException none) {
            return List.of();
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("read CDI directory " + directory + ": " + e, e);
        }
        return files;
    }

    private CdiFile current(Path path) throws IOException {
        var signature = CdiFile.Signature.of(path);
        var before = known.get(path);
        if (before != null && before.signature().equals(signature)) {
            return before;
        }
        var file = CdiFile.read(path, signature);
        if (file.spec() == null) {
            LOG.log(Level.WARNING, "CDI file {0} is not used: {1}", path, file.problem());
        }
        known.put(path, file);
        return file;
    }

    private Found find(CdiName name, List<List<CdiFile>> files) {
        for (var directory : files.reversed()) {
            var holders = directory.stream()
                    .filter(file -> file.spec() != null && file.spec().kind().equals(name.kind()))
                    .filter(file -> device(file.spec(), name).isPresent())
                    .toList();
            if (holders.size() > 1) {
                throw new CarafeException.FailedPrecondition("CDI device " + name + " is described by both "
                        + holders.get(0).path() + " and " + holders.get(1).path());
            }
            if (!holders.isEmpty()) {
                var spec = holders.getFirst().spec();
                return new Found(spec, device(spec, name).orElseThrow());
            }
        }
        throw new CarafeException.FailedPrecondition(
                "CDI device " + name + " is not described in " + paths(directories) + problems(files));
    }

    private static Optional<CdiSpec.Device> device(CdiSpec spec, CdiName name) {
        return spec.devices().stream()
                .filter(device -> device.name().equals(name.device()))
                .findFirst();
    }

    private static String paths(List<Path> directories) {
        return directories.stream().map(Path::toString).collect(Collectors.joining(" or "));
    }

    /** It may be in a file that could not be used. */
    private static String problems(List<List<CdiFile>> files) {
        return files.stream()
                .flatMap(List::stream)
                .filter(file -> file.spec() == null)
                .limit(NAMED_PROBLEMS)
                .map(file -> "; " + file.path() + " is not used: " + file.problem())
                .collect(Collectors.joining());
    }
}
