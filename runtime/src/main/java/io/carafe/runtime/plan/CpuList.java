package io.carafe.runtime.plan;

import java.util.BitSet;
import java.util.regex.Pattern;

/** Lists of CPUs and NUMA nodes as the kernel writes them: {@code 0-3,7}. */
final class CpuList {

    private static final Pattern FORM = Pattern.compile("[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*");
    private static final int MOST = 8192;

    private CpuList() {}

    static void check(String list, Property origin) {
        parse(list, origin);
    }

    static BitSet parse(String list, Property origin) {
        if (!FORM.matcher(list).matches()) {
            throw origin.wrong(list, "is no list such as 0-3,7");
        }
        var set = new BitSet();
        for (var range : list.split(",")) {
            var ends = range.split("-");
            int first = Integer.parseInt(ends[0]);
            int last = Integer.parseInt(ends[ends.length - 1]);
            if (first > last || last >= MOST) {
                throw origin.wrong(list, "has a range that is none");
            }
            set.set(first, last + 1);
        }
        return set;
    }
}
