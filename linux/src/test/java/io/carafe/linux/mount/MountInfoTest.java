package io.carafe.linux.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountInfoTest {

    @Test
    void readsEveryField() {
        var mount = MountInfo.parse(
                        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n")
                .getFirst();
        assertEquals(
                new MountInfo(
                        36,
                        35,
                        "98:0",
                        "/mnt1",
                        "/mnt2",
                        List.of("rw", "noatime"),
                        List.of("master:1", "shared:7"),
                        "ext3",
                        "/dev/root",
                        List.of("rw", "errors=continue")),
                mount);
        assertTrue(mount.shared());
        assertFalse(mount.readOnly());
    }

    @Test
    void undoesOctalEscapes() {
        var mount = MountInfo.parse("1 2 0:3 / /a\\040b\\011c\\134\\012 rw - tmpfs none rw")
                .getFirst();
        assertEquals("/a b\tc\\\n", mount.mountPoint());
        assertEquals("\\04", MountInfo.unescape("\\04"));
        assertEquals("\\9", MountInfo.unescape("\\9"));
    }

    @Test
    void passesOverLinesOfAnotherForm() {
        assertEquals(List.of(), MountInfo.parse("\nrubbish\n1 2 0:3 / /x rw - tmpfs\n"));
    }

    @Test
    void knowsTheMountsOfThisProcess() throws Exception {
        assertTrue(
                MountInfo.read().stream().anyMatch(mount -> mount.mountPoint().equals("/")));
        assertTrue(MountInfo.isMountPoint(Path.of("/proc")));
        assertTrue(MountInfo.below(Path.of("/proc")).getFirst().type().equals("proc"));
    }
}
