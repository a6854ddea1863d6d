package io.carafe.engine.exec;

import io.carafe.base.CarafeException;
import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.linux.Fd;
import io.carafe.linux.process.Terminal;
import java.io.IOException;

/** How large the client's terminal is, for a process's terminal that may not be there yet. */
final class ClientSize {

    private TerminalSize last;
    private Terminal terminal;

    synchronized void changed(TerminalSize size) {
        last = size;
        apply();
    }

    synchronized void follow(Terminal opened) {
        terminal = opened;
        apply();
    }

    /** The command with the size known now, so that the process finds it and need not be told later. */
    synchronized ExecCommand atStartOf(ExecCommand command) {
        if (last == null) {
            return command;
        }
        var process = command.process().withConsoleSize(last.height(), last.width());
        return new ExecCommand(command.runtime(), command.containerId(), process);
    }

    private void apply() {
        if (last == null || terminal == null) {
            return;
        }
        try {
            terminal.resize(last);
        } catch (Fd.ClosedFdException e) {
            // the process has ended
        } catch (IOException e) {
            throw new CarafeException.Internal("resize terminal: " + e.getMessage(), e);
        }
    }
}
