package io.carafe.linux.process;

import io.carafe.base.CarafeException;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Which users and groups of the node those of a user namespace are (user_namespaces(7)). Id 0 of the namespace is always
 * among them: a container without a root could own nothing.
 */
public record IdMap(List<Range> uids, List<Range> gids) {

    /** More ranges than a caller needs; as text they stay below the page that the kernel takes. */
    private static final int MOST_RANGES = 64;

    /** One more than the highest id there is: 2³² − 1 means "no id". */
    private static final long IDS = 0xFFFF_FFFFL;

    /** @throws CarafeException.InvalidArgument if ranges are empty, out of bounds or overlap, or leave id 0 out */
    public IdMap {
        uids = checked("uid", uids);
        gids = checked("gid", gids);
    }

    /**
     * A line of {@code /proc/PID/uid_map}.
     *
     * @param inside first id in the namespace
     * @param outside first id on the node
     */
    public record Range(long inside, long outside, long length) {

        /** @throws CarafeException.InvalidArgument if it is empty or leads beyond the highest id */
        public Range {
            if (length < 1 || inside < 0 || outside < 0 || inside + length > IDS || outside + length > IDS) {
                throw new CarafeException.InvalidArgument("id mapping of " + length + " ids from " + inside + " to "
                        + outside + " on the node: it is empty or leads beyond " + (IDS - 1));
            }
        }

        private boolean holds(long id) {
            return id >= inside && id < inside + length;
        }
    }

    /** The user of the node that {@code uid} of the namespace is; empty if it is nobody there. */
    public OptionalLong uidOnNode(long uid) {
        return onNode(uids, uid);
    }

    /** The group of the node that {@code gid} of the namespace is; empty if it is none there. */
    public OptionalLong gidOnNode(long gid) {
        return onNode(gids, gid);
    }

    /** The user of the namespace that {@code uid} of the node is; empty if it is nobody there. */
    public OptionalLong uidInside(long uid) {
        return inside(uids, uid);
    }

    /** The group of the namespace that {@code gid} of the node is; empty if it is none there. */
    public OptionalLong gidInside(long gid) {
        return inside(gids, gid);
    }

    private static OptionalLong inside(List<Range> ranges, long id) {
        return ranges.stream()
                .filter(range -> id >= range.outside() && id < range.outside() + range.length())
                .mapToLong(range -> range.inside() + id - range.outside())
                .findFirst();
    }

    /** The user of the node that root of the namespace is. */
    public long rootUid() {
        return uidOnNode(0).orElseThrow();
    }

    /** The group of the node that root's group of the namespace is. */
    public long rootGid() {
        return gidOnNode(0).orElseThrow();
    }

    private static OptionalLong onNode(List<Range> ranges, long id) {
        return ranges.stream()
                .filter(range -> range.holds(id))
                .mapToLong(range -> range.outside() + id - range.inside())
                .findFirst();
    }

    private static List<Range> checked(String kind, List<Range> ranges) {
        if (ranges.size() > MOST_RANGES) {
            throw new CarafeException.InvalidArgument(
                    ranges.size() + " " + kind + " mappings: at most " + MOST_RANGES + " are possible");
        }
        requireDisjoint(
                kind,
                "in the namespace",
                ranges.stream()
                        .sorted((one, other) -> Long.compare(one.inside(), other.inside()))
                        .map(range -> new long[] {range.inside(), range.inside() + range.length()})
                        .toList());
        requireDisjoint(
                kind,
                "on the node",
                ranges.stream()
                        .sorted((one, other) -> Long.compare(one.outside(), other.outside()))
                        .map(range -> new long[] {range.outside(), range.outside() + range.length()})
                        .toList());
        if (onNode(ranges, 0).isEmpty()) {
            throw new CarafeException.InvalidArgument(kind + " mappings " + text(ranges) + ": id 0 is not mapped");
        }
        return List.copyOf(ranges);
    }

    /** @param sorted first id and the one behind the last */
    private static void requireDisjoint(String kind, String where, List<long[]> sorted) {
        for (int i = 1; i < sorted.size(); i++) {
            if (sorted.get(i)[0] < sorted.get(i - 1)[1]) {
                throw new CarafeException.InvalidArgument(
                        kind + " mappings overlap: id " + sorted.get(i)[0] + " " + where + " is there twice");
            }
        }
    }

    /** As {@code INSIDE:OUTSIDE:LENGTH}, separated by commas. */
    public static String text(List<Range> ranges) {
        return ranges.stream()
                .map(range -> range.inside() + ":" + range.outside() + ":" + range.length())
                .collect(Collectors.joining(","));
    }
}
