/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command has promised, and whether it kept it. world.h lists it. */
#ifndef TESTS_FUZZ_TOOL_CHECK_H
#define TESTS_FUZZ_TOOL_CHECK_H

#include <stddef.h>

/* What a run of the command came to. */
struct outcome {
	int status;
	int sent;	/* requests to the family */
	int open;	/* sockets, files and directories that are open */
};

/* Catches what is printed from now on, and empties @outcome. @words: the command line, until check_end() */
void check_begin(struct outcome *outcome, int count, char **words);

/*
 * Lets what is printed go its way again, and aborts if a promise was broken.
 *
 * FUZZ_SHOW in the environment: what the command printed goes to standard error, with its exit status.
 *
 * So that it can be seen that this sees something: what the environment variable FUZZ_TAMPER names
 * ("status", "output", "error", "open", "sent", "memory") is changed beforehand as if the command had failed there;
 * with "overread" the byte behind each reply is read.
 */
void check_end(const struct outcome *outcome);

/* Aborts if a request of @len bytes is not well-formed. */
void check_request(const void *request, size_t len);

/* Reads @byte, which must not be read, if FUZZ_TAMPER says so. */
void check_overread(const char *byte);

/* Says what is wrong, and with which command line, and aborts. */
_Noreturn void check_fail(const char *what);

#endif
