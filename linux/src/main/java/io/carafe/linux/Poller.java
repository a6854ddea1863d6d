package io.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Parks threads until a descriptor is ready. One platform thread sits in {@code epoll_wait}; every registration is
 * one-shot and carries an id of its own, never the fd number, so that an event which comes late finds nobody instead
 * of somebody else.
 */
final class Poller {

    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int CTL_MOD = 3;
    private static final int IN = 0x1;
    private static final int OUT = 0x4;
    private static final int ERR = 0x8;
    private static final int HUP = 0x10;
    private static final int RDHUP = 0x2000;
    private static final int ONESHOT = 1 << 30;

    /** {@code struct epoll_event} is packed on x86-64 alone. */
    private static final int DATA_OFFSET = System.getProperty("os.arch").equals("amd64") ? 4 : 8;

    private static final int EVENT_SIZE = DATA_OFFSET + 8;
    private static final int EVENTS = 64;

    private static final CFunction EPOLL_CREATE = CFunction.returningInt("epoll_create1");
    private static final CFunction EPOLL_CTL = CFunction.returningInt("epoll_ctl");
    private static final CFunction EPOLL_WAIT = CFunction.returningInt("epoll_wait");

    private static final AtomicLong IDS = new AtomicLong();
    private static final Map<Long, Entry> ENTRIES = new ConcurrentHashMap<>();
    private static final int EPOLL = start();

    private Poller() {}

    /** Who waits for one {@link Fd}. */
    static final class Entry {
        private final Fd fd;
        private final ReentrantLock lock = new ReentrantLock();
        private long id;
        private boolean forgotten;
        private boolean wake;
        private Waiter reader;
        private Waiter writer;

        Entry(Fd fd) {
            this.fd = fd;
        }

        void wakeReader() {
            lock.lock();
            try {
                if (reader == null) {
                    wake = true;
                } else {
                    reader.finish();
                    reader = null;
                }
            } finally {
                lock.unlock();
            }
        }

        void forget() throws SyscallException {
            lock.lock();
            try {
                forgotten = true;
                if (id != 0) {
                    ENTRIES.remove(id);
                    control(CTL_DEL, fd.number(), 0, 0);
                }
                release(true, true);
            } finally {
                lock.unlock();
            }
        }

        private void release(boolean readable, boolean writable) {
            if (readable && reader != null) {
                reader.finish();
                reader = null;
            }
            if (writable && writer != null) {
                writer.finish();
                writer = null;
            }
        }

        private void arm() throws SyscallException {
            int events = ONESHOT | (reader == null ? 0 : IN | RDHUP) | (writer == null ? 0 : OUT);
            if (id == 0) {
                long fresh = IDS.incrementAndGet();
                // known before it is armed: the event may come at once, and then waits for the lock held here
                ENTRIES.put(fresh, this);
                try {
                    control(CTL_ADD, fd.number(), events, fresh);
                    id = fresh;
                } finally {
                    if (id == 0) {
                        ENTRIES.remove(fresh);
                    }
                }
            } else {
                control(CTL_MOD, fd.number(), events, id);
            }
        }

        private void onEvents(int events) {
            lock.lock();
            try {
                boolean broken = (events & (ERR | HUP)) != 0;
                release(broken || (events & (IN | RDHUP)) != 0, broken || (events & OUT) != 0);
                if (!forgotten && (reader != null || writer != null)) {
                    arm();
                }
            } catch (SyscallException e) {
                release(true, true); // they will find the error themselves
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class Waiter {
        private final Thread thread = Thread.currentThread();
        private volatile boolean done;

        void finish() {
            done = true;
            LockSupport.unpark(thread);
        }
    }

    static boolean await(Entry entry, boolean writing, Deadline deadline) throws IOException {
        var waiter = new Waiter();
        entry.lock.lock();
        try {
            if (entry.forgotten) {
                throw new Fd.ClosedFdException(entry.fd.name());
            }
            if (!writing && entry.wake) {
                entry.wake = false;
                return true;
            }
            if ((writing ? entry.writer : entry.reader) != null) {
                throw new IllegalStateException("two threads wait for " + entry.fd);
            }
            if (writing) {
                entry.writer = waiter;
            } else {
                entry.reader = waiter;
            }
            entry.arm();
        } catch (IOException | RuntimeException e) {
            clear(entry, waiter);
            throw e;
        } finally {
            entry.lock.unlock();
        }
        try {
            return park(entry, waiter, deadline);
        } finally {
            clear(entry, waiter);
        }
    }

    private static boolean park(Entry entry, Waiter waiter, Deadline deadline) {
        while (!waiter.done) {
            if (Thread.currentThread().isInterrupted()) {
                throw new CarafeException.Cancelled("waiting for " + entry.fd + ": the caller cancelled it");
            }
            long left = deadline.remainingNanos();
            if (left == 0) {
                return false;
            }
            LockSupport.parkNanos(entry, left);
        }
        return true;
    }

    private static void clear(Entry entry, Waiter waiter) {
        entry.lock.lock();
        try {
            if (entry.reader == waiter) {
                entry.reader = null;
            }
            if (entry.writer == waiter) {
                entry.writer = null;
            }
        } finally {
            entry.lock.unlock();
        }
    }

    private static void control(int operation, int fd, int events, long id) throws SyscallException {
        try (var arena = Arena.ofConfined()) {
            var event = arena.allocate(EVENT_SIZE, 8);
            event.set(JAVA_INT_UNALIGNED, 0, events);
            event.set(JAVA_LONG_UNALIGNED, DATA_OFFSET, id);
            var errno = Native.errnoIn(arena);
            if (EPOLL_CTL.call(errno, EPOLL, operation, fd, event.address()) < 0) {
                throw new SyscallException("epoll_ctl", "fd " + fd, Native.errno(errno));
            }
        }
    }

    private static int start() {
        int epoll;
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            epoll = (int) EPOLL_CREATE.call(errno, EPOLL_CLOEXEC);
            if (epoll < 0) {
                throw new IllegalStateException(new SyscallException("epoll_create1", "", Native.errno(errno)));
            }
        }
        Thread.ofPlatform().name("carafe-poller").daemon().start(() -> loop(epoll));
        return epoll;
    }

    private static void loop(int epoll) {
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            MemorySegment events = arena.allocate((long) EVENTS * EVENT_SIZE, 8);
            while (true) {
                long count = EPOLL_WAIT.call(errno, epoll, events.address(), EVENTS, -1);
                if (count < 0 && Native.errno(errno) != Errno.EINTR) {
                    throw new IllegalStateException(
                            new SyscallException("epoll_wait", "fd " + epoll, Native.errno(errno)));
                }
                for (int i = 0; i < count; i++) {
                    long at = (long) i * EVENT_SIZE;
                    dispatch(events.get(JAVA_LONG_UNALIGNED, at + DATA_OFFSET), events.get(JAVA_INT_UNALIGNED, at));
                }
            }
        }
    }

    private static void dispatch(long id, int events) {
        var entry = ENTRIES.get(id);
        if (entry != null) {
            entry.onEvents(events);
        }
    }
}
