package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;

/** Which name a signature must be for ({@code signedIdentity} in containers-policy.json(5)). */
public sealed interface SignedIdentity {

    /** What holds where a requirement says nothing. */
    static SignedIdentity standard() {
        return new RepositoryOfDigestOrExact();
    }

    /** The very name that is pulled. */
    record Exact() implements SignedIdentity {}

    /** The very name if it has a tag; if it has a digest, any name of its repository. */
    record RepositoryOfDigestOrExact() implements SignedIdentity {}

    /** Any name of the repository that is pulled from. */
    record SameRepository() implements SignedIdentity {}

    /** One certain name, whatever is pulled. */
    record ExactReference(Reference reference) implements SignedIdentity {}

    /** @param repository {@code domain/path} */
    record ExactRepository(String repository) implements SignedIdentity {}

    /** Names below {@code prefix} are signed as the same below {@code signedPrefix}; then as by default. */
    record Remapped(String prefix, String signedPrefix) implements SignedIdentity {

        private Reference remap(Reference image) {
            var name = image.repository();
            if (!name.equals(prefix) && !name.startsWith(prefix + "/")) {
                return image;
            }
            var mapped = signedPrefix + name.substring(prefix.length());
            int slash = mapped.indexOf('/');
            return slash < 0
                    ? null
                    : new Reference(
                            mapped.substring(0, slash), mapped.substring(slash + 1), image.tag(), image.digest());
        }
    }

    /**
     * Whether a signature for {@code signed} speaks of {@code image}.
     *
     * @param signed as it stands in the signature
     */
    default boolean accepts(Reference image, String signed) {
        Reference claimed;
        try {
            claimed = named(signed);
            return switch (this) {
                case Exact _ -> isExact(image, claimed);
                case RepositoryOfDigestOrExact _ -> isDefault(image, claimed);
                case SameRepository _ -> claimed.repository().equals(image.repository());
                case ExactReference exact -> isExact(exact.reference, claimed);
                case ExactRepository exact -> claimed.repository().equals(exact.repository);
                case Remapped remapped -> {
                    var image2 = remapped.remap(image);
                    yield image2 != null && isDefault(image2, claimed);
                }
            };
        } catch (CarafeException.InvalidArgument e) {
            return false; // it is no name
        }
    }

    private static boolean isDefault(Reference image, Reference claimed) {
        return image.digest() != null ? claimed.repository().equals(image.repository()) : isExact(image, claimed);
    }

    /** A name without tag and digest is exactly nothing. */
    private static boolean isExact(Reference image, Reference claimed) {
        boolean whole = claimed.tag() != null || claimed.digest() != null;
        return whole && claimed.toString().equals(image.toString());
    }

    /** Like {@link Reference#parse}, but a name without a tag has none. */
    static Reference named(String text) {
        var parsed = Reference.parse(text);
        boolean assumed = parsed.digest() == null && !text.endsWith(":" + parsed.tag());
        return assumed ? new Reference(parsed.domain(), parsed.path(), null, null) : parsed;
    }
}
