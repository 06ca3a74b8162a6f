// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/vdpa.h>

#include "cli/args.h"
#include "cli/error.h"

/* --- names --- */

static bool has_control(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return true;
	return false;
}

static const char *check_name(const char *text, size_t len, size_t max, const char *too_long)
{
	if (!len)
		return "is empty";
	if (len > max)
		return too_long;
	if (has_control(text))
		return "has a control character in it";
	return NULL;
}

const char *arg_device(const char *text, void *value)
{
	const char *reason = check_name(text, strlen(text), VDPA_NAME_LEN_MAX,
					"is longer than 63 bytes");

	if (reason)
		return reason;
	if (strchr(text, '/'))
		return "has a '/' in it";
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "is not a name";
	*(const char **)value = text;
	return NULL;
}

const char *arg_mgmtdev(const char *text, void *value)
{
	struct mgmtdev_handle *handle = value;
	const char *slash = strchr(text, '/');
	const char *device = slash ? slash + 1 : text;
	size_t bus = slash ? slash - text : 0;
	const char *reason;

	if (slash && strchr(device, '/'))
		return "is not BUS/DEVICE or DEVICE: it has more than one '/'";
	if (slash && !bus)
		return "has no bus name before the '/'";
	if (slash && !*device)
		return "has no device name after the '/'";
	reason = check_name(text, strlen(device), sizeof(handle->bus) - 1,
			    "has a device name longer than 255 bytes");
	if (reason)
		return reason;
	if (bus >= sizeof(handle->bus))
		return "has a bus name longer than 255 bytes";
	memcpy(handle->bus, text, bus);
	handle->bus[bus] = '\0';
	handle->device = device;
	handle->text = text;
	return NULL;
}

void args_put_mgmtdev(struct nlmsghdr *nlh, const struct mgmtdev_handle *handle)
{
	if (*handle->bus)
		mnl_attr_put_strz(nlh, VDPA_ATTR_MGMTDEV_BUS_NAME, handle->bus);
	mnl_attr_put_strz(nlh, VDPA_ATTR_MGMTDEV_DEV_NAME, handle->device);
}

/* --- numbers --- */

static bool is_hexadecimal(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/* Digits to the end, in base 10 or 16; strtoull() alone would take " -1" too. */
static bool parse_number(const char *text, int base, uint64_t max, uint64_t *value)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	char *end;

	if (!*text || text[strspn(text, base == 16 ? digits : "0123456789")])
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !errno && !*end && *value <= max;
}

bool args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	bool hexadecimal = is_hexadecimal(text);

	return parse_number(hexadecimal ? text + 2 : text, hexadecimal ? 16 : 10, max, value) &&
	       *value >= min;
}

const char *arg_file(const char *text, void *value)
{
	if (!*text)
		return "is empty";
	if (options.batch && strcmp(text, "-") == 0)
		return "is not to be had in a batch";
	*(const char **)value = text;
	return NULL;
}

/* It matters who can write to it, so it is no stream. */
const char *arg_policy(const char *text, void *value)
{
	if (!*text)
		return "is empty";
	if (strcmp(text, "-") == 0)
		return "is no file";
	*(const char **)value = text;
	return NULL;
}

const char *arg_mtu(const char *text, void *value)
{
	uint64_t mtu;

	if (!args_number(text, ETH_MIN_MTU, UINT16_MAX, &mtu))
		return "is not a number of bytes from 68 to 65535";
	*(uint16_t *)value = mtu;
	return NULL;
}

const char *arg_max_vqp(const char *text, void *value)
{
	uint64_t pairs;

	if (!args_number(text, 1, UINT16_MAX, &pairs))
		return "is not a number of queue pairs from 1 to 65535";
	*(uint16_t *)value = pairs;
	return NULL;
}

const char *arg_queue(const char *text, void *value)
{
	uint64_t index;

	if (!args_number(text, 0, UINT16_MAX, &index))
		return "is not a queue index from 0 to 65535";
	*(uint32_t *)value = index;
	return NULL;
}

const char *arg_deadline(const char *text, void *value)
{
	uint64_t ms;

	if (!args_number(text, 1, VDPA_DEADLINE_MAX, &ms))
		return "is not a number of milliseconds from 1 to 3600000";
	*(uint32_t *)value = ms;
	return NULL;
}

const char *arg_rounds(const char *text, void *value)
{
	uint64_t rounds;

	if (!args_number(text, 0, 1000000, &rounds))
		return "is not a number of rounds from 0 to 1000000";
	*(uint32_t *)value = rounds;
	return NULL;
}

const char *arg_bytes(const char *text, void *value)
{
	return args_number(text, 0, UINT64_MAX, value) ? NULL : "is not a number of bytes";
}

const char *arg_ring_index(const char *text, void *value)
{
	uint64_t index;

	if (!args_number(text, 0, UINT16_MAX, &index))
		return "is not an index from 0 to 65535";
	*(uint16_t *)value = index;
	return NULL;
}

const char *arg_wrap_counter(const char *text, void *value)
{
	uint64_t counter;

	if (!args_number(text, 0, 1, &counter))
		return "is not 0 or 1";
	*(uint8_t *)value = counter;
	return NULL;
}

/* As in iproute2 the 0x may be left out, and the number is hexadecimal all the same: no feature has such a name. */
const char *arg_features(const char *text, void *value)
{
	const char *number = is_hexadecimal(text) ? text + 2 : text;
	struct features_wanted *wanted = value;

	wanted->names = NULL;
	if (number == text && text[strspn(text, "0123456789abcdefABCDEF")])
		wanted->names = text;
	else if (!parse_number(number, 16, UINT64_MAX, &wanted->bits))
		return "is not a hexadecimal number of at most 64 bits";
	return NULL;
}

/* --- MAC addresses --- */

static bool parse_octet(const char *text, size_t len, uint8_t *octet)
{
	char digits[3] = { 0 };
	uint64_t value;

	if (len < 1 || len > 2)
		return false;
	memcpy(digits, text, len);
	if (!parse_number(digits, 16, UINT8_MAX, &value))
		return false;
	*octet = value;
	return true;
}

const char *arg_mac(const char *text, void *value)
{
	static const uint8_t zero[ETH_ALEN];
	uint8_t mac[ETH_ALEN];

	for (int i = 0; i < ETH_ALEN; i++) {
		size_t len = strcspn(text, ":");
		bool last = i == ETH_ALEN - 1;

		if (!parse_octet(text, len, &mac[i]) || text[len] != (last ? '\0' : ':'))
			return "is not a MAC address such as 52:54:00:12:34:56";
		text += len + !last;
	}
	if (memcmp(mac, zero, ETH_ALEN) == 0)
		return "is all zero";
	if (mac[0] & 1)
		return "is a multicast address";
	memcpy(value, mac, ETH_ALEN);
	return NULL;
}

/* --- whole commands --- */

static enum status keyword_unknown(struct vdpa *vdpa, const struct keyword *table,
				   const char *text, int found)
{
	char list[256];

	if (found == WORD_AMBIGUOUS)
		return error_usage(vdpa, "\"%s\" could be any of: %s", text,
				   words_list(table, sizeof(*table), text, list, sizeof(list)));
	return error_usage(vdpa, "unknown keyword \"%s\", expected: %s", text,
			   words_list(table, sizeof(*table), NULL, list, sizeof(list)));
}

static enum status keyword_take(struct vdpa *vdpa, const struct keyword *keyword,
				const char *text, void *values)
{
	const char *reason;

	if (!text)
		return error_usage(vdpa, "%s: a value is missing", keyword->word.name);
	reason = keyword->check(text, (char *)values + keyword->offset);
	if (reason)
		return error_usage(vdpa, "%s \"%s\" %s", keyword->word.name, text, reason);
	return STATUS_DONE;
}

static enum status keywords_complete(struct vdpa *vdpa, const struct keyword *table, uint32_t given)
{
	for (int i = 0; table[i].word.name; i++)
		if (table[i].required && !(given >> i & 1))
			return error_usage(vdpa, "%s is missing", table[i].word.name);
	return STATUS_DONE;
}

enum status args_keywords(struct vdpa *vdpa, const struct keyword *table, int argc, char **argv,
			  void *values, uint32_t *given)
{
	*given = 0;
	for (int i = 0; i < argc; i++) {
		int found = words_find(table, sizeof(*table), argv[i]);

		if (found < 0)
			return keyword_unknown(vdpa, table, argv[i], found);
		if (*given >> found & 1 && !table[found].repeated)
			return error_usage(vdpa, "%s is given twice", table[found].word.name);
		if (table[found].check) {
			i++;
			if (keyword_take(vdpa, &table[found], i < argc ? argv[i] : NULL, values))
				return STATUS_USAGE;
		}
		*given |= UINT32_C(1) << found;
	}
	return keywords_complete(vdpa, table, *given);
}

enum status args_only(struct vdpa *vdpa, const char *what, bool required, arg_fn check,
		      int argc, char **argv, void *value)
{
	const char *reason;

	if (!argc)
		return required ? error_usage(vdpa, "the name of a %s is missing", what) :
				  STATUS_DONE;
	if (argc > 1)
		return error_usage(vdpa, "unexpected argument \"%s\"", argv[1]);
	reason = check(argv[0], value);
	if (reason)
		return error_usage(vdpa, "%s \"%s\" %s", what, argv[0], reason);
	return STATUS_DONE;
}

static bool is_keyword(const struct keyword *table, const char *word)
{
	for (; table && table->word.name; table++)
		if (strcmp(table->word.name, word) == 0)
			return true;
	return false;
}

int args_count_names(int argc, char **argv, const struct keyword *table)
{
	int n = 0;

	while (n < argc && !(n && is_keyword(table, argv[n])))
		n++;
	return n;
}

enum status args_names(struct vdpa *vdpa, int n, char **argv)
{
	if (!n)
		return error_usage(vdpa, "the name of a device is missing");
	if (n > VDPA_GROUP_MAX)
		return error_usage(vdpa, "%d devices are more than the %d that a group may have", n,
				   VDPA_GROUP_MAX);
	for (int i = 0; i < n; i++) {
		const char *name;
		const char *reason = arg_device(argv[i], &name);

		if (reason)
			return error_usage(vdpa, "device \"%s\" %s", argv[i], reason);
		for (int j = 0; j < i; j++)
			if (strcmp(argv[i], argv[j]) == 0)
				return error_usage(vdpa, "device \"%s\" is given twice", argv[i]);
	}
	return STATUS_DONE;
}

enum status args_own_file(const struct vdpa *vdpa, const char *file)
{
	if (!options.batch || strcmp(file, "-") != 0)
		return STATUS_DONE;
	return error_usage(vdpa, "in a batch, a file has to be named");
}
