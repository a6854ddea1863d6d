/* Keeps containers from writing to the program that made them. */
#pragma once

/*
 * Whoever can see a process of ours can open its /proc/PID/exe, and write to that once it runs no more: CVE-2019-5736
 * took over hosts that way. So the program that stays beside containers is a copy in memory, sealed against change.
 *
 * Returns 0 when running from such a copy; otherwise makes one and executes it with the same arguments; -1 after a report.
 */
int seal_self(char **argv);
