/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world that the command runs in while it is fuzzed: a kernel, files and sysfs that say what the
 * fuzzer wants them to. The whole command is linked in; its system calls and those of libmnl go here
 * (the linker's --wrap), so that it neither reads nor writes anything of the machine's.
 *
 * After each run it is checked that the command has kept its promises: the exit status is one of those
 * that vdpa(8) has, with -j all that is printed is JSON, without it no control character and nothing but
 * UTF-8; a failure says why; where arguments or a file were wrong nothing was sent; what was sent is well-formed;
 * no socket or file is left open. That there was memory enough is not a promise, but here there is. If one
 * is broken the program aborts, which libFuzzer reports, as it does what the sanitizers find and lost memory.
 */
#ifndef TESTS_FUZZ_TOOL_WORLD_H
#define TESTS_FUZZ_TOOL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/netlink.h>

struct world_file {
	const char *path;	/* "-": standard input; NULL: whatever is asked for */
	const char *bytes;
	size_t len;
};

enum { WORLD_FILES = 4, WORLD_ENTRIES = 8, WORLD_ARGUMENTS = 64 };

struct world {
	/*
	 * What the kernel says next to a socket whose last request was @request (all zero: there was none).
	 * Returns its length, or a negative errno. NULL: it says nothing.
	 */
	ssize_t (*receive)(void *data, const struct nlmsghdr *request, char *buf, size_t size);
	void *data;
	bool hostile_family;	/* it also makes up the family, else that is as it should be */

	struct world_file files[WORLD_FILES];
	const char *driver;			/* where each device's driver link leads, NULL: there is none */
	const char *entries[WORLD_ENTRIES];	/* what each directory of sysfs holds */
};

/* Runs "vdpa @words" in @world; there are @count words. */
void world_run(const struct world *world, int count, char **words);

/*
 * Takes @text, which is changed, apart at each @separator, into at most WORLD_ARGUMENTS words; one at its end
 * ends the last. Returns how many there are.
 */
int world_words(char *text, char separator, char **words);

/* The family's number, and that of its group. */
enum { WORLD_FAMILY = 0x20, WORLD_GROUP = 5 };

#endif
