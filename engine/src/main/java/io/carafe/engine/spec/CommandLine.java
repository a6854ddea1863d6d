package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.oci.image.ImageConfig;
import java.util.List;
import java.util.stream.Stream;

/**
 * The program and its arguments: a command of the request replaces entrypoint and cmd of the image, arguments alone
 * replace the cmd.
 */
final class CommandLine {

    private CommandLine() {}

    static List<String> of(ContainerConfig container, ImageConfig.Execution image) {
        boolean ownCommand = !container.command().isEmpty();
        var command = ownCommand ? container.command() : image.entrypoint();
        var args = ownCommand || !container.args().isEmpty() ? container.args() : image.cmd();
        var line = Stream.concat(command.stream(), args.stream()).toList();
        if (line.isEmpty()) {
            throw new CarafeException.InvalidArgument("container "
                    + container.name().name() + ": no command: neither the request nor image " + container.image()
                    + " names a program to run");
        }
        if (line.getFirst().isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    "container " + container.name().name() + ": the program to run is an empty string");
        }
        line.forEach(word -> requireNoNul(
                word, "an argument of container " + container.name().name()));
        return line;
    }

    static void requireNoNul(String text, String what) {
        if (text.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument(what + " contains a zero byte");
        }
    }
}
