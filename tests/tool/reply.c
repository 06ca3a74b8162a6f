// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "netlink/attrs.h"
#include "reply.h"

void reply_begin(struct reply *reply, const struct nlmsghdr *request)
{
	reply->used = 0;
	reply->message = NULL;
	reply->attribute = NULL;
	reply->depth = 0;
	reply->request = request;
}

/* Room for @len bytes and the padding behind them; NULL where there is none. */
static void *append(struct reply *reply, size_t len)
{
	void *at = reply->bytes + reply->used;

	/* What was cut off anywhere cannot go on. */
	if (reply->used % MNL_ALIGNTO)
		return NULL;
	if (len > REPLY_SIZE - MNL_ALIGNTO || MNL_ALIGN(len) > REPLY_SIZE - reply->used)
		return NULL;
	memset(at, 0, MNL_ALIGN(len));
	reply->used += MNL_ALIGN(len);
	return at;
}

/* --- messages --- */

/* A message with @len bytes behind its header, of which the first @head are @payload. */
static bool begin(struct reply *reply, uint16_t type, uint16_t flags, size_t len)
{
	struct nlmsghdr *message = append(reply, sizeof(*message) + len);

	if (!message)
		return false;
	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	message->nlmsg_seq = reply->request->nlmsg_seq;
	message->nlmsg_len = sizeof(*message) + MNL_ALIGN(len);
	reply->message = message;
	reply->attribute = NULL;
	reply->depth = 0;
	return true;
}

static bool begin_message(struct reply *reply, const char *keys)
{
	uint16_t type = REPLY_FAMILY, flags = NLM_F_MULTI;
	uint32_t seq = reply->request->nlmsg_seq;
	char key[8];
	long value;
	int n;

	for (; sscanf(keys, ":%7[a-z]=%li%n", key, &value, &n) == 2; keys += n) {
		if (strcmp(key, "seq") == 0)
			seq = value;
		else if (strcmp(key, "type") == 0)
			type = value;
		else if (strcmp(key, "flags") == 0)
			flags = value;
		else
			return false;
	}
	if (*keys || !begin(reply, type, flags, GENL_HDRLEN))
		return false;
	reply->message->nlmsg_seq = seq;
	return true;
}

static bool begin_error(struct reply *reply, const char *arguments)
{
	const struct nlmsghdr *request = reply->request;
	bool capped = strstr(arguments, ":capped");
	size_t echo = capped ? 0 : request->nlmsg_len - sizeof(*request);
	struct nlmsgerr *err;

	if (!begin(reply, NLMSG_ERROR, NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0), sizeof(*err) + echo))
		return false;
	err = mnl_nlmsg_get_payload(reply->message);
	err->error = atoi(arguments);
	err->msg = *request;
	memcpy(err + 1, request + 1, echo);
	return true;
}

static bool begin_done(struct reply *reply, const char *arguments)
{
	int32_t result = atoi(arguments);

	if (!begin(reply, NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS, sizeof(result)))
		return false;
	memcpy(reply->message + 1, &result, sizeof(result));
	return true;
}

/* --- attributes --- */

static bool attribute_type(const char *name, size_t len, uint16_t *type)
{
	char wanted[64], known[64];

	if (len && strspn(name, "0123456789") == len) {
		*type = atoi(name);
		return true;
	}
	snprintf(wanted, sizeof(wanted), "VDPA_ATTR_%.*s", (int)len, name);
	for (*type = 0; *type < ATTR_SLOTS; ++*type) {
		attr_name(*type, known, sizeof(known));
		if (strcmp(wanted, known) == 0)
			return true;
	}
	return false;
}

static bool put(struct reply *reply, uint16_t type, const void *payload, size_t len)
{
	struct nlattr *attribute = NULL;

	if (reply->message)
		attribute = append(reply, sizeof(*attribute) + len);
	if (!attribute)
		return false;
	attribute->nla_type = type;
	attribute->nla_len = sizeof(*attribute) + len;
	if (len)
		memcpy(attribute + 1, payload, len);
	reply->message->nlmsg_len += MNL_ALIGN(sizeof(*attribute) + len);
	reply->attribute = attribute;
	return true;
}

static bool put_hex(struct reply *reply, uint16_t type, const char *digits)
{
	unsigned char payload[1024];
	size_t len = 0;

	for (; len < sizeof(payload) && sscanf(digits, "%2hhx", &payload[len]) == 1; len++)
		digits += digits[1] ? 2 : 1;
	return put(reply, type, payload, len);
}

/* Little-endian: the first bytes are the lowest. */
static bool put_number(struct reply *reply, uint16_t type, unsigned int bits, const char *text)
{
	uint64_t number = strtoull(text, NULL, 0);

	return bits <= 64 && put(reply, type, &number, bits / 8);
}

static bool put_attribute(struct reply *reply, const char *item)
{
	size_t name = strcspn(item, ":");
	const char *kind, *value;
	uint16_t type;

	if (!item[name] || !attribute_type(item, name, &type))
		return false;
	kind = item + name + 1;
	value = strchr(kind, ':');
	if (!value)
		return false;
	value++;
	if (strncmp(kind, "str:", 4) == 0)
		return put(reply, type, value, strlen(value) + 1);
	if (strncmp(kind, "raw:", 4) == 0)
		return put(reply, type, value, strlen(value));
	if (strncmp(kind, "hex:", 4) == 0)
		return put_hex(reply, type, value);
	return kind[0] == 'u' && put_number(reply, type, atoi(kind + 1), value);
}

static bool begin_nest(struct reply *reply, const char *name)
{
	uint16_t type;

	if (reply->depth == REPLY_DEPTH || !attribute_type(name, strlen(name), &type) ||
	    !put(reply, type | NLA_F_NESTED, NULL, 0))
		return false;
	reply->nests[reply->depth++] = reply->attribute;
	return true;
}

static bool end_nest(struct reply *reply, const char *nothing)
{
	(void)nothing;
	if (!reply->depth)
		return false;
	reply->attribute = reply->nests[--reply->depth];
	reply->attribute->nla_len = reply->bytes + reply->used - (char *)reply->attribute;
	return true;
}

/* --- damage --- */

static bool damage_attribute(struct reply *reply, const char *len)
{
	if (reply->attribute)
		reply->attribute->nla_len = atoi(len);
	return reply->attribute;
}

static bool damage_message(struct reply *reply, const char *len)
{
	if (reply->message)
		reply->message->nlmsg_len = strtoul(len, NULL, 0);
	return reply->message;
}

/* What is cut off is not written to any more. */
static bool cut(struct reply *reply, const char *len)
{
	size_t n = strtoul(len, NULL, 0);

	if (n > reply->used)
		return false;
	reply->used -= n;
	return true;
}

/* --- items --- */

static const struct {
	const char *word;
	bool (*add)(struct reply *reply, const char *arguments);
} kinds[] = {
	{ "nest:",	begin_nest },
	{ "error:",	begin_error },
	{ "done:",	begin_done },
	{ "attrlen:",	damage_attribute },
	{ "msglen:",	damage_message },
	{ "cut:",	cut },
};

bool reply_add(struct reply *reply, const char *item)
{
	if (strncmp(item, "msg", 3) == 0 && (item[3] == ':' || !item[3]))
		return begin_message(reply, item + 3);
	if (strcmp(item, "end") == 0)
		return end_nest(reply, NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].word);

		if (strncmp(item, kinds[i].word, len) == 0)
			return kinds[i].add(reply, item + len);
	}
	return put_attribute(reply, item);
}
