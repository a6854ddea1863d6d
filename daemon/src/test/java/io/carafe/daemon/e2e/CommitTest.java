package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a container has changed, told and made an image of; umoci and skopeo judge the image. */
@Tag("root")
@Timeout(180)
class CommitTest extends CommandOnNode {

    private static final String WORK = "cd /; echo new > etc/passwd.new; busybox rm etc/passwd; busybox mkdir -m 700 d;"
            + " echo linked > d/one; busybox ln d/one d/other; busybox chmod 4711 d/one; busybox mknod d/null c 1 3;"
            + " busybox ln -s /d/one link; busybox rm -r tmp; busybox mkdir tmp";

    @Override
    TestImages.Made content() throws Exception {
        return Busybox.image();
    }

    @BeforeEach
    void work() throws IOException {
        run("run", "-d", "-u", "0", "--name", "source", "--net", "none", image, "/bin/sleep", "1000");
        var done = carafe.run("exec", "-u", "0", "source", "/bin/sh", "-c", WORK.replace("busybox", "/bin/busybox"));
        assertEquals(0, done.exitCode(), done.errors());
    }

    @Test
    void changesAreToldAndMakeAnImageThatOthersRead() throws IOException {
        var told = run("diff", "source").lines().toList();
        assertEquals(
                List.of(
                        "A /d",
                        "A /d/null",
                        "A /d/one",
                        "A /d/other",
                        "C /etc",
                        "D /etc/passwd",
                        "A /etc/passwd.new",
                        "A /link",
                        "C /tmp"),
                told);
        assertTrue(run("diff", "--format", "json", "source").contains("\"/etc/passwd\""));

        var id = run(
                "commit",
                "--pause",
                "-a",
                "Jo",
                "-m",
                "by hand",
                "-c",
                "CMD [\"/bin/cat\", \"/d/other\"]",
                "-c",
                "ENV A=b",
                "source",
                "shop.test/made:1");

        assertEquals("linked", run("run", "--rm", "-u", "0", "--net", "none", "shop.test/made:1"));
        assertTrue(run("history", "shop.test/made:1").contains("by hand"));
        assertEquals(told, run("diff", "shop.test/made:1").lines().toList());
        assertEquals(
                "still here",
                carafe.run("exec", "source", "/bin/echo", "still here").line());
        run("push", "-q", "shop.test/made:1", registry.host() + "/made:1");
        var layout = directory.resolve("layout");
        output(
                "skopeo",
                "copy",
                "-q",
                "--insecure-policy",
                "--src-tls-verify=false",
                "docker://" + registry.host() + "/made:1",
                "oci:" + layout + ":made");
        output(
                "umoci",
                "unpack",
                "--image",
                layout + ":made",
                directory.resolve("bundle").toString());
        judge(directory.resolve("bundle/rootfs"));
        assertTrue(id.startsWith("sha256:"), id);
    }

    private static void judge(Path rootfs) throws IOException {
        assertFalse(Files.exists(rootfs.resolve("etc/passwd")));
        assertFalse(Files.exists(rootfs.resolve("etc/.wh.passwd")));
        assertEquals("linked\n", Files.readString(rootfs.resolve("d/one")));
        assertEquals(
                Files.getAttribute(rootfs.resolve("d/one"), "unix:ino"),
                Files.getAttribute(rootfs.resolve("d/other"), "unix:ino"));
        assertEquals(04711, (int) Files.getAttribute(rootfs.resolve("d/one"), "unix:mode") & 07777);
        assertEquals(0700, (int) Files.getAttribute(rootfs.resolve("d"), "unix:mode") & 07777);
        assertEquals("/d/one", Files.readSymbolicLink(rootfs.resolve("link")).toString());
        assertTrue(Files.readAttributes(rootfs.resolve("d/null"), "unix:*", LinkOption.NOFOLLOW_LINKS)
                .get("rdev")
                .equals(0x103L));
        assertTrue(Files.exists(rootfs.resolve("bin/busybox")));
    }

    @Test
    void wrongWordsChangeNothing() throws IOException {
        var before = run("images");
        assertTrue(carafe.run("commit", "-c", "RUN x", "source", "shop.test/a:1")
                .errors()
                .contains("expected CMD"));
        assertTrue(carafe.run("commit", "source", "shop.test/UPPER").errors().contains("lower-case"));
        assertTrue(carafe.run("commit", "nobody", "x:1").errors().contains("no such container"));
        assertTrue(carafe.run("diff", "nobody").errors().contains("not here"));
        assertEquals(before, run("images"));
    }

    @Test
    void pausedContainerGoesOnAfterTheDaemonDied() throws Exception {
        var id = run("ps", "-q", "--no-trunc");
        var bundle = node.base().resolve("run/containers").resolve(id);
        assertTrue(Files.isDirectory(bundle), bundle.toString());
        daemon.kill();
        Files.createFile(bundle.resolve("paused-for-commit"));
        node.start();
        assertEquals(
                "goes on", carafe.run("exec", "source", "/bin/echo", "goes on").line());
        assertFalse(Files.exists(bundle.resolve("paused-for-commit")));
    }
}
