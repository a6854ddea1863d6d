package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.store.ImageStore;
import io.carafe.oci.Digest;
import java.util.List;
import java.util.Optional;

/** Finds the image that somebody means by a name or an id. */
record ImageNames(ImageStore images, RegistriesConf registries) {

    private static final int SHORTEST_ID = 3;

    /** @throws CarafeException.InvalidArgument if {@code text} is neither */
    Optional<Image> find(String text) {
        var hex = text.startsWith("sha256:") ? text.substring("sha256:".length()) : text;
        if (hex.matches("[0-9a-f]{64}")) {
            return images.find(new Digest("sha256", hex));
        }
        if (!hex.equals(text)) {
            throw new CarafeException.InvalidArgument("image id " + text + ": expected 64 hexadecimal digits");
        }
        var named = byName(text);
        return named.isPresent() ? named : byPrefix(text);
    }

    private Optional<Image> byName(String text) {
        for (var reference : candidates(text)) {
            var found = reference.digest() == null ? images.find(reference.toString()) : byDigest(reference);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** By what it was pulled by, or by the manifest that this came down to. */
    private Optional<Image> byDigest(Reference reference) {
        var found = images.find(reference.withDigest(reference.digest()).toString());
        if (found.isPresent()) {
            return found;
        }
        var repository = reference.repository() + "@";
        return images.list().stream()
                .filter(image -> image.manifest().equals(reference.digest()))
                .filter(image -> image.repoDigests().stream().anyMatch(name -> name.startsWith(repository)))
                .findFirst();
    }

    /** A short name that cannot be resolved for a pull may still mean an image that is here. */
    private List<Reference> candidates(String text) {
        try {
            return registries.candidates(text);
        } catch (CarafeException.FailedPrecondition e) {
            return registries.search().stream()
                    .map(registry -> Reference.inRegistry(registry, text))
                    .toList();
        }
    }

    private Optional<Image> byPrefix(String text) {
        if (text.length() < SHORTEST_ID || !text.matches("[0-9a-f]+")) {
            return Optional.empty();
        }
        var found = images.list().stream()
                .filter(image -> image.id().hex().startsWith(text))
                .toList();
        if (found.size() > 1) {
            throw new CarafeException.InvalidArgument(
                    "image id " + text + ": " + found.size() + " images begin with it");
        }
        return found.stream().findFirst();
    }
}
