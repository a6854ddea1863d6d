package io.carafe.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The processes of a container on a kernel of its own, as the runtime's {@code ps} lists them.
 *
 * @param parents each process's parent, by their pids inside; 0 for one that came from outside
 */
record InsideProcesses(Map<Integer, Integer> parents) {

    /** Reads a table whose head names the columns PID and PPID; what does not look like it is passed over. */
    static InsideProcesses parse(String table) {
        var lines = table.lines().toList();
        var head = lines.isEmpty() ? List.<String>of() : words(lines.getFirst());
        int pid = head.indexOf("PID");
        int parent = head.indexOf("PPID");
        var parents = new LinkedHashMap<Integer, Integer>();
        for (var line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            var words = words(line);
            if (pid >= 0 && parent >= 0 && words.size() > Math.max(pid, parent)) {
                try {
                    parents.put(Integer.parseInt(words.get(pid)), Integer.parseInt(words.get(parent)));
                } catch (NumberFormatException e) {
                    // no process
                }
            }
        }
        return new InsideProcesses(parents);
    }

    /** The process and its descendants, parents first; empty if it is not there. */
    List<Integer> treeOf(int root) {
        var tree = new ArrayList<Integer>();
        if (parents.containsKey(root)) {
            tree.add(root);
        }
        for (int i = 0; i < tree.size(); i++) {
            int parent = tree.get(i);
            parents.forEach((pid, of) -> {
                if (of == parent && !tree.contains(pid)) {
                    tree.add(pid);
                }
            });
        }
        return tree;
    }

    private static List<String> words(String line) {
        return List.of(line.strip().split("\\s+"));
    }
}
