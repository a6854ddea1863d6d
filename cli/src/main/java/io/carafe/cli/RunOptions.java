package io.carafe.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

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

    @Option(names = "--name", paramLabel = "NAME", description = "its name (default: a made-up one)")
    String name = "";

    @Option(
            names = {"-i", "--interactive"},
            description = "pass standard input on")
    boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "give it a terminal")
    boolean tty;

    @Option(
            names = {"-d", "--detach"},
            description = "print its id and leave it running")
    boolean detach;

    @Option(names = "--rm", description = "remove it when it has ended")
    boolean remove;

    @Option(
            names = {"-p", "--publish"},
            paramLabel = "[IP:]HOST:CONTAINER",
            description = "publish a port")
    List<String> ports = new ArrayList<>();

    @Option(
            names = {"-v", "--volume"},
            paramLabel = "SOURCE:TARGET[:ro]",
            description = "mount a path of the host")
    List<String> volumes = new ArrayList<>();

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME=VALUE",
            description = "set a variable, or pass NAME on")
    List<String> env = new ArrayList<>();

    @Option(names = "--env-file", paramLabel = "FILE", description = "variables from a file, one a line")
    List<Path> envFiles = new ArrayList<>();

    @Option(
            names = {"-l", "--label"},
            paramLabel = "KEY=VALUE",
            description = "label it")
    Map<String, String> labels = new LinkedHashMap<>();

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "run in this directory")
    String directory = "";

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GID]",
            description = "run as this user")
    String user = "";

    @Option(names = "--entrypoint", paramLabel = "PROGRAM", description = "run this instead of the image's entrypoint")
    String entrypoint;

    @Option(
            names = {"-m", "--memory"},
            paramLabel = "SIZE",
            description = "limit of memory, such as 128m")
    String memory;

    @Option(names = "--cpus", paramLabel = "NUMBER", description = "limit of processors, such as 1.5")
    Double cpus;

    @Option(names = "--read-only", description = "no writing to the image's files")
    boolean readOnly;

    @Option(names = "--privileged", description = "all rights on the host")
    boolean privileged;

    @Option(names = "--cap-add", paramLabel = "CAPABILITY", split = ",", description = "give a capability, or ALL")
    List<String> addedCapabilities = new ArrayList<>();

    @Option(names = "--cap-drop", paramLabel = "CAPABILITY", split = ",", description = "take a capability, or ALL")
    List<String> droppedCapabilities = new ArrayList<>();

    @Option(
            names = {"--network", "--net"},
            description = "${COMPLETION-CANDIDATES} (default: pod)")
    Network network = Network.pod;

    @Option(names = "--hostname", paramLabel = "NAME", description = "its host name (default: its name)")
    String hostname = "";

    @Option(names = "--pull", description = "when to pull the image: ${COMPLETION-CANDIDATES} (default: missing)")
    PullPolicy pull = PullPolicy.missing;

    @Option(names = "--runtime", paramLabel = "NAME", description = "runtime handler (default: the daemon's)")
    String runtime = "";
}
