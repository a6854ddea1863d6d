package io.carafe.linux.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How soon the kernel kills a process when memory runs short (proc(5), {@code /proc/PID/oom_score_adj}). */
public final class OomScore {

    private OomScore() {}

    /**
     * Children that it makes from now on inherit it. A process that has ended is passed over.
     *
     * @param score −1000 to 1000; less than it was needs CAP_SYS_RESOURCE
     */
    public static void adjust(int pid, long score) throws IOException {
        var file = Path.of("/proc/" + pid + "/oom_score_adj");
        try {
            Files.writeString(file, Long.toString(score));
        } catch (IOException e) {
            if (ProcStat.of(pid).filter(stat -> !stat.dead()).isPresent()) {
                throw e;
            }
        }
    }
}
