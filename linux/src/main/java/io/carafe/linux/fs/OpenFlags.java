package io.carafe.linux.fs;

/** Flags of open(2). Four of them have other values on arm64 than on x86-64. */
public final class OpenFlags {

    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

    public static final int READ = 0;
    public static final int WRITE = 1;
    public static final int READ_WRITE = 2;
    public static final int CREATE = 0x40;
    public static final int EXCLUSIVE = 0x80;
    public static final int APPEND = 0x400;
    public static final int NON_BLOCK = 0x800;
    public static final int DIRECTORY = ARM ? 0x4000 : 0x1_0000;
    public static final int NO_FOLLOW = ARM ? 0x8000 : 0x2_0000;
    public static final int CLOSE_ON_EXEC = 0x8_0000;
    /** A mere reference to the file: it can be named and checked, not read. */
    public static final int PATH = 0x20_0000;

    private OpenFlags() {}
}
