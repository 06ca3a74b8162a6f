// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "netlink/attrs.h"
#include "netlink/bits.h"

enum { WORD_BITS = 64, WORD_DIGITS = 16 };

struct bits bits_of(uint64_t low)
{
	return (struct bits){ .word = { low } };
}

bool bits_have(const struct bits *bits, unsigned int bit)
{
	return bits->word[bit / WORD_BITS] >> (bit % WORD_BITS) & 1;
}

/* How many words there are up to the last that is not zero; at least one. */
static size_t used(const struct bits *bits)
{
	size_t n = VDPA_WORDS_MAX;

	while (n > 1 && !bits->word[n - 1])
		n--;
	return n;
}

bool bits_wide(const struct bits *bits)
{
	return used(bits) > 1;
}

bool bits_same(const struct bits *a, const struct bits *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

struct bits bits_without(const struct bits *a, const struct bits *b)
{
	struct bits bits;

	for (size_t i = 0; i < VDPA_WORDS_MAX; i++)
		bits.word[i] = a->word[i] & ~b->word[i];
	return bits;
}

bool bits_none(const struct bits *bits)
{
	return used(bits) == 1 && !bits->word[0];
}

const char *bits_text(const struct bits *bits, char *buf)
{
	size_t n = used(bits);
	int len = snprintf(buf, BITS_TEXT_SIZE, "0x%llx", (unsigned long long)bits->word[n - 1]);

	while (--n)
		len += snprintf(buf + len, BITS_TEXT_SIZE - len, "%016llx",
				(unsigned long long)bits->word[n - 1]);
	return buf;
}

static uint64_t digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* @digits are hexadecimal. */
static bool parse_digits(const char *digits, struct bits *bits)
{
	size_t len;

	digits += strspn(digits, "0");
	len = strlen(digits);
	if (len > (size_t)VDPA_WORDS_MAX * WORD_DIGITS)
		return false;
	*bits = bits_of(0);
	for (size_t i = 0; i < len; i++) {
		size_t at = len - 1 - i;

		bits->word[at / WORD_DIGITS] |= digit(digits[i]) << (at % WORD_DIGITS * 4);
	}
	return true;
}

bool bits_parse(const char *text, struct bits *bits)
{
	size_t len = strlen(text);

	*bits = bits_of(0);
	if (len <= 2 || text[0] != '0' || tolower((unsigned char)text[1]) != 'x')
		return args_number(text, 0, UINT64_MAX, &bits->word[0]);
	if (strspn(text + 2, "0123456789abcdefABCDEF") != len - 2)
		return false;
	return parse_digits(text + 2, bits);
}

bool bits_read(const struct nlattr *attr, struct bits *bits)
{
	size_t len = mnl_attr_get_payload_len(attr);

	*bits = bits_of(0);
	if (len % sizeof(bits->word[0]) || len < 2 * sizeof(bits->word[0]) || len > sizeof(bits->word))
		return false;
	memcpy(bits->word, mnl_attr_get_payload(attr), len);
	return used(bits) == len / sizeof(bits->word[0]);
}

bool bits_put(struct nlmsghdr *nlh, size_t size, uint16_t type, const struct bits *bits)
{
	return mnl_attr_put_check(nlh, size, type, used(bits) * sizeof(bits->word[0]), bits->word);
}

struct bits bits_of_reply(const struct nlattr *low, const struct nlattr *words)
{
	struct bits bits;

	return words && bits_read(words, &bits) ? bits : bits_of(attr_uint(low));
}
