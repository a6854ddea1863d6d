/* The waiting side of the gate; for the other two see execute.h. */
#pragma once

/* Waits until `start` says go; -1 if it never will. */
int gate_wait(int gate);
