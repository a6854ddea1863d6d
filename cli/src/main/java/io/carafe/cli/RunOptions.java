package io.carafe.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What can be asked of a container on the command line; the names are docker's. */
final class RunOptions {

    enum Network {
        pod,
        host,
        none
    }

    enum PullPolicy {
        missing,
        always,
        never
    }

    final Supplier<String> name;
    final Supplier<Boolean> interactive;
    final Supplier<Boolean> tty;
    final Supplier<Boolean> detach;
    final Supplier<Boolean> remove;
    final Supplier<List<String>> ports;
    final Supplier<List<String>> volumes;
    final Supplier<List<String>> env;
    final Supplier<List<Path>> envFiles;
    final Supplier<Map<String, String>> labels;
    final Supplier<String> directory;
    final Supplier<String> user;
    final Supplier<String> entrypoint;
    final Supplier<String> memory;
    final Supplier<Double> cpus;
    final Supplier<Boolean> readOnly;
    final Supplier<Boolean> privileged;
    final Supplier<List<String>> addedCapabilities;
    final Supplier<List<String>> droppedCapabilities;
    final Supplier<Network> network;
    final Supplier<String> hostname;
    final Supplier<PullPolicy> pull;
    final Supplier<String> runtime;

    RunOptions(Words words) {
        name = words.text("NAME", "its name (default: a made-up one)", "", "--name");
        interactive = words.flag("pass standard input on", "-i", "--interactive");
        tty = words.flag("give it a terminal", "-t", "--tty");
        detach = words.flag("print its id and leave it running", "-d", "--detach");
        remove = words.flag("remove it when it has ended", "--rm");
        ports = words.list(String.class, "[IP:]HOST:CONTAINER", "publish a port", "-p", "--publish");
        volumes = words.list(String.class, "SOURCE:TARGET[:ro]", "mount a path of the host", "-v", "--volume");
        env = words.list(String.class, "NAME=VALUE", "set a variable, or pass NAME on", "-e", "--env");
        envFiles = words.list(Path.class, "FILE", "variables from a file, one a line", "--env-file");
        labels = words.map("KEY=VALUE", "label it", "-l", "--label");
        directory = words.text("DIR", "run in this directory", "", "-w", "--workdir");
        user = words.text("USER[:GID]", "run as this user", "", "-u", "--user");
        entrypoint = words.text("PROGRAM", "run this instead of the image's entrypoint", null, "--entrypoint");
        memory = words.text("SIZE", "limit of memory, such as 128m", null, "-m", "--memory");
        cpus = words.value(Double.class, "NUMBER", "limit of processors, such as 1.5", null, "--cpus");
        readOnly = words.flag("no writing to the image's files", "--read-only");
        privileged = words.flag("all rights on the host", "--privileged");
        addedCapabilities = words.commaList("CAPABILITY", "give a capability, or ALL", "--cap-add");
        droppedCapabilities = words.commaList("CAPABILITY", "take a capability, or ALL", "--cap-drop");
        network = words.choice("${COMPLETION-CANDIDATES} (default: pod)", Network.pod, "--network", "--net");
        hostname = words.text("NAME", "its host name (default: its name)", "", "--hostname");
        pull = words.choice(
                "when to pull the image: ${COMPLETION-CANDIDATES} (default: missing)", PullPolicy.missing, "--pull");
        runtime = words.text("NAME", "runtime handler (default: the daemon's)", "", "--runtime");
    }
}
