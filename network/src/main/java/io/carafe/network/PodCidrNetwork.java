package io.carafe.network;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.network.ConfigDirectory.Loaded;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The network configuration that Carafe writes itself, for a node whose administrator has written none: a template filled
 * with the addresses that the cluster gave the node. A configuration of the administrator's always wins, and ends it.
 */
final class PodCidrNetwork {

    /** After every other in the order of names, which decides. */
    static final String FILE = "zz-carafe-pod-cidr.conflist";

    private static final System.Logger LOG = System.getLogger("io.carafe.network");

    private final Path confDir;
    private final String template;
    private final Predicate<String> installed;

    /** @param template empty for none */
    PodCidrNetwork(Path confDir, String template, Predicate<String> installed) {
        this.confDir = confDir;
        this.template = template;
        this.installed = installed;
    }

    /**
     * Writes, leaves or takes away the file.
     *
     * @param inUse the node's network now
     * @return whether the directory has changed
     * @throws FailedPrecondition if the node has no network and there is no template to make one from
     */
    synchronized boolean use(PodCidrs cidrs, Optional<Loaded> inUse) {
        var file = confDir.resolve(FILE);
        try {
            if (inUse.isPresent() && !inUse.get().file().equals(file)) {
                return Files.deleteIfExists(file);
            }
            if (template.isEmpty()) {
                throw new FailedPrecondition("pod CIDR " + String.join(",", cidrs.texts())
                        + ": there is no network configuration in " + confDir
                        + " to use it, and cni.conf_template names no template to make one from");
            }
            return write(
                    file, ConfigTemplate.of(template).fill(cidrs, installed).toPrettyString());
        } catch (IOException e) {
            throw new FailedPrecondition("write network configuration " + file + ": " + e, e);
        }
    }

    private boolean write(Path file, String content) throws IOException {
        if (Files.exists(file) && Files.readString(file).equals(content)) {
            return false;
        }
        Files.createDirectories(confDir);
        var temporary = file.resolveSibling("." + FILE + ".new");
        Files.writeString(temporary, content);
        try (var written = OpenFile.open(temporary, OpenFlags.READ, 0)) {
            written.sync();
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        LOG.log(Level.INFO, "wrote network configuration {0} from {1}", file, template);
        return true;
    }
}
