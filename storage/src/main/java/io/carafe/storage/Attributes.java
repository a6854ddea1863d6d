package io.carafe.storage;

/**
 * Which extended attributes an image may bring. Those of {@code trusted.} and most of {@code security.} steer the node's
 * kernel, overlayfs and the labels of SELinux and IMA among it, and are no business of an image.
 */
final class Attributes {

    private Attributes() {}

    static boolean wanted(String name) {
        return (name.startsWith("user.") && !name.startsWith("user.overlay."))
                || name.equals("security.capability")
                || name.equals("system.posix_acl_access")
                || name.equals("system.posix_acl_default");
    }
}
