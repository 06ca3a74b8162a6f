/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the bytes of a kernel's reply, of one that is newer, older or hostile.
 *
 * A reply is made of ITEMs, each a line or an argument:
 *	msg[:KEY=N ...]		begins a message of the family; KEY: seq, type, flags
 *	ATTR:str:TEXT		an attribute with TEXT and its terminator
 *	ATTR:raw:TEXT		the same without terminator
 *	ATTR:hex:DIGITS		any bytes
 *	ATTR:u8|u16|u32|u64:N
 *	nest:ATTR		begins a nested attribute ...
 *	end			... and ends it
 *	error:ERRNO[:capped]	an acknowledgement; the attributes after it are extended ones
 *	done:ERRNO		the end of a dump
 *	attrlen:N		overwrites the length of the last attribute
 *	msglen:N		overwrites the length of the last message
 *	cut:N			takes N bytes away from the end
 *
 * ATTR is a name without VDPA_ATTR_, or a number.
 */
#ifndef TESTS_TOOL_REPLY_H
#define TESTS_TOOL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

enum { REPLY_SIZE = 256 * 1024, REPLY_FAMILY = 0x20, REPLY_DEPTH = 8 };

struct reply {
	char bytes[REPLY_SIZE] __attribute__((aligned(8)));
	size_t used;
	struct nlmsghdr *message;	/* the last one, NULL: none yet */
	struct nlattr *attribute;	/* its last one */
	struct nlattr *nests[REPLY_DEPTH];
	unsigned int depth;
	const struct nlmsghdr *request;	/* what is answered */
};

/* Empties @reply, which is from now on one to @request. */
void reply_begin(struct reply *reply, const struct nlmsghdr *request);

/* Returns false, and has changed nothing, where @item is none or there is no room for it. */
bool reply_add(struct reply *reply, const char *item);

#endif
