package io.carafe.linux.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.linux.SyscallException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A small program stands in for the service manager: datagrams of Unix sockets are beyond {@code java.nio}. */
@Timeout(30)
class ServiceStateTest {

    @TempDir
    private Path directory;

    @Test
    void theManagerIsToldOverItsSocketFile() throws IOException {
        var socket = directory.resolve("notify").toString();

        assertEquals("READY=1", told(socket, new ServiceState(socket)::ready));
    }

    @Test
    void theManagerIsToldOverAnAbstractName() throws IOException {
        var socket = "@carafe-test-" + ProcessHandle.current().pid();

        assertEquals("STOPPING=1", told(socket, new ServiceState(socket)::stopping));
    }

    @Test
    void withoutAManagerNothingIsSaid() throws IOException {
        new ServiceState("").ready();
    }

    @Test
    void aManagerThatIsGoneIsAnError() {
        assertThrows(
                SyscallException.class,
                () -> new ServiceState(directory.resolve("gone").toString()).ready());
    }

    private interface Telling {
        void run() throws IOException;
    }

    private static String told(String socket, Telling telling) throws IOException {
        var program = """
                use Socket;
                my $name = $ARGV[0] =~ s/^\\@/\\0/r;
                socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die;
                bind($s, pack_sockaddr_un($name)) or die;
                $| = 1;
                print "bound\\n";
                recv($s, my $message, 100, 0);
                print "$message\\n";
                """;
        var manager = new ProcessBuilder("perl", "-e", program, socket).start();
        try (var output = new BufferedReader(new InputStreamReader(manager.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("bound", output.readLine());
            telling.run();
            return output.readLine();
        } finally {
            manager.destroyForcibly();
        }
    }
}
