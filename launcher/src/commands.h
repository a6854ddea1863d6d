/* What carafe-launcher can be told to do. Each gets the arguments behind its name and returns the exit code. */
#pragma once

int pin_command(int argc, char **argv);
int init_command(int argc, char **argv);
int await_command(int argc, char **argv);
int pause_command(int argc, char **argv);
int stand_in_command(int argc, char **argv);
int start_in_command(int argc, char **argv);
int place_command(int argc, char **argv);

/* runc's command line; before its arguments stand "oci" and, before that, the path of this program. */
int oci_command(int argc, char **argv);
