package io.carafe.storage.tar;

import java.io.IOException;

/** Hears every byte of an archive that is not handed out as the data of a member: headers, padding, what is passed over. */
@FunctionalInterface
public interface TarTap {

    TarTap NONE = (_, _, _) -> {};

    void bytes(byte[] source, int offset, int length) throws IOException;
}
