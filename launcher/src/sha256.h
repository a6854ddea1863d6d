/* SHA-256 of a file (FIPS 180-4): whether a plan was made of this very config.json. */
#pragma once

/* Reads fd to its end; 0, or -1 with errno. */
int sha256_file(int fd, unsigned char digest[32]);
