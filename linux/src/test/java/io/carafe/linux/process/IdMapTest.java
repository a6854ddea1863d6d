package io.carafe.linux.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.linux.process.IdMap.Range;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdMapTest {

    private static final List<Range> WHOLE = List.of(new Range(0, 100_000, 65_536));

    @Test
    void idsAreFoundInTheirRange() {
        var map = new IdMap(List.of(new Range(0, 1000, 10), new Range(10, 5000, 10)), WHOLE);
        assertEquals(1000, map.rootUid());
        assertEquals(100_000, map.rootGid());
        assertEquals(1009, map.uidOnNode(9).orElseThrow());
        assertEquals(5000, map.uidOnNode(10).orElseThrow());
        assertTrue(map.uidOnNode(20).isEmpty());
        assertEquals(165_535, map.gidOnNode(65_535).orElseThrow());
        assertTrue(map.gidOnNode(65_536).isEmpty());
        assertEquals("0:1000:10,10:5000:10", IdMap.text(map.uids()));
    }

    @Test
    void rangesEndBeforeTheIdThatMeansNone() {
        assertEquals(4_294_967_294L, new Range(0, 4_294_967_294L, 1).outside());
        assertThrows(InvalidArgument.class, () -> new Range(0, 4_294_967_295L, 1));
        assertThrows(InvalidArgument.class, () -> new Range(4_294_967_290L, 0, 6));
        assertThrows(InvalidArgument.class, () -> new Range(0, 0, 0));
        assertThrows(InvalidArgument.class, () -> new Range(-1, 0, 5));
        assertThrows(InvalidArgument.class, () -> new Range(0, 1, Long.MAX_VALUE));
    }

    @Test
    void overlapsAndAMissingRootAreRefused() {
        refused("id 5 in the namespace is there twice", List.of(new Range(0, 1000, 10), new Range(5, 3000, 10)));
        refused("id 1005 on the node is there twice", List.of(new Range(0, 1000, 10), new Range(10, 1005, 10)));
        refused("id 0 is not mapped", List.of(new Range(1, 1000, 10)));
        refused("id 0 is not mapped", List.of());
        refused("65 uid mappings", Collections.nCopies(65, new Range(0, 1000, 10)));
    }

    private static void refused(String why, List<Range> uids) {
        var e = assertThrows(InvalidArgument.class, () -> new IdMap(uids, WHOLE));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }
}
