package io.carafe.linux.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupStatsTest {

    @TempDir
    Path directory;

    @Test
    void v2NumbersComeInTheSameUnitsAsV1() throws IOException {
        file(
                "cpu.stat",
                "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 7\nnr_throttled 2\nthrottled_usec 9\n");
        file("memory.current", "10000\n");
        file("memory.max", "max\n");
        file("memory.stat", "anon 4096\nfile 8192\ninactive_file 3000\npgfault 11\npgmajfault 1\n");
        file("memory.events", "low 0\nhigh 0\nmax 5\noom 1\noom_kill 3\n");
        file("io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n253:1 \n");
        var cpu = StatsV2.cpu(directory).orElseThrow();
        assertEquals(new CgroupStats.Cpu(1_500_000, 1_000_000, 500_000, 7, 2, 9000), cpu);
        var memory = StatsV2.memory(directory).orElseThrow();
        assertEquals(7000, memory.workingSet());
        assertEquals(-1, memory.limit());
        assertEquals(3, memory.oomKills());
        assertEquals(-1, memory.swap());
        assertEquals(
                List.of(new CgroupStats.Device(8, 0, 1, 2, 3, 4), new CgroupStats.Device(253, 1, 0, 0, 0, 0)),
                StatsV2.io(directory));
    }

    @Test
    void v1sLargestNumberMeansNoLimit() throws IOException {
        file("memory.usage_in_bytes", "10000\n");
        file("memory.limit_in_bytes", "9223372036854771712\n");
        file("memory.memsw.limit_in_bytes", "9223372036854771712\n");
        file("memory.stat", "rss 1\ninactive_file 1\ntotal_rss 4096\ntotal_inactive_file 20000\ntotal_swap 5\n");
        file("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        var memory = StatsV1.memory(directory).orElseThrow();
        assertEquals(-1, memory.limit());
        assertEquals(0, memory.workingSet());
        assertEquals(4096, memory.rss());
        assertEquals(5, memory.swap());
        assertEquals(2, memory.oomKills());
    }

    @Test
    void v1CountsIoByDevice() throws IOException {
        file(
                "blkio.throttle.io_service_bytes_recursive",
                "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 0\n8:0 Total 12288\nTotal 12288\n");
        file("blkio.throttle.io_serviced_recursive", "8:0 Read 1\n8:0 Write 2\nTotal 3\n");
        assertEquals(List.of(new CgroupStats.Device(8, 0, 4096, 8192, 1, 2)), StatsV1.io(directory));
    }

    @Test
    void pressureIsReadWithAndWithoutFull() {
        var pressure = CgroupStats.parsePressure(
                "some avg10=0.12 avg60=1.50 avg300=2.00 total=123\nfull avg10=0.00 avg60=0.00 avg300=0.01 total=45\n");
        assertEquals(new CgroupStats.Stall(0.12, 1.5, 2.0, 123), pressure.some());
        assertEquals(45, pressure.full().total());
        assertEquals(
                0,
                CgroupStats.parsePressure("some avg10=0.12 avg60=1.50 avg300=2.00 total=123\n")
                        .full()
                        .total());
    }

    private void file(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }
}
