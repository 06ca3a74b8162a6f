/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of bits that may have more than 64: features, and bitmasks of descriptions. */
#ifndef VDPA_TOOL_BITS_H
#define VDPA_TOOL_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include <linux/vdpa.h>

enum { BITS_TEXT_SIZE = 2 + VDPA_WORDS_MAX * 16 + 1 };

/* Word i has the bits 64i to 64i + 63. */
struct bits {
	uint64_t word[VDPA_WORDS_MAX];
};

struct bits bits_of(uint64_t low);
bool bits_have(const struct bits *bits, unsigned int bit);

/* Whether one beyond 63 is set. */
bool bits_wide(const struct bits *bits);

bool bits_same(const struct bits *a, const struct bits *b);

/* Those of @a that @b has not; all zero where @a is within @b. */
struct bits bits_without(const struct bits *a, const struct bits *b);
bool bits_none(const struct bits *bits);

/* A hexadecimal number, as long as it has to be, in @buf of BITS_TEXT_SIZE bytes. */
const char *bits_text(const struct bits *bits, char *buf);

/* Takes a decimal number of 64 bits or a 0x number of up to 512. False where it is none. */
bool bits_parse(const char *text, struct bits *bits);

/* Takes words of the wire. False where they are none: 2 to VDPA_WORDS_MAX, the last not zero. */
bool bits_read(const struct nlattr *attr, struct bits *bits);

/* Appends the words; false where a message of @size bytes has no room. */
bool bits_put(struct nlmsghdr *nlh, size_t size, uint16_t type, const struct bits *bits);

/*
 * What a reply, which attrs_parse() has checked, says of a set of features: @low, and where a bit beyond 63 is set
 * @words, which is NULL else.
 */
struct bits bits_of_reply(const struct nlattr *low, const struct nlattr *words);

#endif
