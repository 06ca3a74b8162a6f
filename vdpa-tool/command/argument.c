// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/vdpa.h>

#include "base/options.h"
#include "command/argument.h"

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

/* --- files --- */

const char *arg_file(const char *text, void *value)
{
	if (!*text)
		return "is empty";
	if (options.batch && strcmp(text, "-") == 0)
		return "cannot be used in a batch";
	*(const char **)value = text;
	return NULL;
}

/* It matters who can write to it, so it is no stream. */
static const char *arg_path(const char *text, void *value)
{
	if (!*text)
		return "is empty";
	if (strcmp(text, "-") == 0)
		return "is not the name of a file";
	*(const char **)value = text;
	return NULL;
}

/* --- features --- */

/* As in iproute2 the 0x may be left out, and the number is hexadecimal all the same: no feature has such a name. */
static const char *arg_features(const char *text, void *value)
{
	const char *number = number_is_hexadecimal(text) ? text + 2 : text;
	struct features_wanted *wanted = value;

	wanted->names = NULL;
	if (number == text && text[strspn(text, "0123456789abcdefABCDEF")])
		wanted->names = text;
	else if (!number_digits(number, 16, UINT64_MAX, &wanted->bits))
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
	if (!number_digits(digits, 16, UINT8_MAX, &value))
		return false;
	*octet = value;
	return true;
}

static const char *arg_mac(const char *text, void *value)
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

/* --- types --- */

const struct arg_type type_device = { .name = "DEV", .what = "device", .escapes = true, .take = arg_device };
const struct arg_type type_mgmtdev = { .name = "MGMTDEV", .what = "management device", .escapes = true,
	.take = arg_mgmtdev };
const struct arg_type type_file = { .name = "FILE", .what = "file", .take = arg_file };
const struct arg_type type_path = { .name = "FILE", .what = "file", .take = arg_path };
const struct arg_type type_directory = { .name = "DIR", .what = "directory", .take = arg_path };
const struct arg_type type_mac = { .name = "MAC", .what = "MAC address", .take = arg_mac };
const struct arg_type type_features = { .name = "FEATURES", .what = "features", .take = arg_features };

const struct arg_type type_mtu = {
	.name = "MTU", .what = "a number of bytes", .unit = "bytes", .size = sizeof(uint16_t),
	.min = ETH_MIN_MTU, .max = UINT16_MAX,
};

const struct arg_type type_max_vqp = {
	.name = "N", .what = "a number of queue pairs", .unit = "queue pairs", .size = sizeof(uint16_t),
	.min = 1, .max = UINT16_MAX,
};

const struct arg_type type_queue = {
	.name = "N", .what = "a queue index", .size = sizeof(uint32_t), .max = UINT16_MAX,
};

static const char *take_driver(const char *text, void *value)
{
	const char *reason = check_name(text, strlen(text), VDPA_DRIVER_LEN_MAX, "is longer than 63 bytes");

	if (!reason)
		*(const char **)value = text;
	return reason;
}

const struct arg_type type_driver = { .name = "DRIVER", .what = "bus driver", .take = take_driver };

const struct arg_type type_ms = {
	.name = "MS", .what = "a number of milliseconds", .unit = "ms", .size = sizeof(uint32_t),
	.min = 1, .max = VDPA_DEADLINE_MAX,
};

const struct arg_type type_rounds = {
	.name = "N", .what = "a number of rounds", .unit = "rounds", .size = sizeof(uint32_t), .max = 1000000,
};

const struct arg_type type_bytes = {
	.name = "BYTES", .what = "a number of bytes", .unit = "bytes", .size = sizeof(uint64_t), .max = UINT64_MAX,
};

const struct arg_type type_ring_index = {
	.name = "N", .what = "an index", .size = sizeof(uint16_t), .max = UINT16_MAX,
};

const struct arg_type type_wrap_counter = {
	.name = "N", .what = "a wrap counter", .size = sizeof(uint8_t), .max = 1,
};

static const char *take_number(const struct arg_type *type, const char *text, void *value, char *reason)
{
	uint64_t number;

	if (args_number(text, type->min, type->max, &number)) {
		switch (type->size) {
		case sizeof(uint8_t):
			*(uint8_t *)value = number;
			break;
		case sizeof(uint16_t):
			*(uint16_t *)value = number;
			break;
		case sizeof(uint32_t):
			*(uint32_t *)value = number;
			break;
		default:
			*(uint64_t *)value = number;
		}
		return NULL;
	}
	if (!type->min && type->max == UINT64_MAX)
		snprintf(reason, REASON_SIZE, "is not %s", type->what);
	else
		snprintf(reason, REASON_SIZE, "is not %s from %llu to %llu", type->what,
			 (unsigned long long)type->min, (unsigned long long)type->max);
	return reason;
}

const char *arg_take(const struct arg_type *type, const char *text, void *value, char *reason)
{
	return type->size ? take_number(type, text, value, reason) : type->take(text, value);
}
