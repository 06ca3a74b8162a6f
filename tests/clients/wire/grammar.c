// SPDX-License-Identifier: GPL-2.0-or-later
/* See grammar.h. */
#include <string.h>

#include "grammar.h"

#define NAMED(prefix, text, kind, ...)	\
	{ .number = prefix ## text, .name = #text, .type = WIRE_ ## kind, ##__VA_ARGS__ }
#define ATTR(name, type, ...)		NAMED(VDPA_ATTR_, name, type, ##__VA_ARGS__)
#define PART(name, type, ...)		NAMED(VDPA_MIGRATION_, name, type, .in = true, ##__VA_ARGS__)

#define IN	.in = true
#define BITS	.bits = true
#define ALWAYS	.always = true

static const struct wire_attr group_attrs[] = {
	ATTR(DEV_NAME, STRING, IN, .max = VDPA_NAME_LEN_MAX),
	{ }
};

static const struct wire_attr description_attr_attrs[] = {
	PART(ATTR_NAME, STRING, ALWAYS, .max = VDPA_MIGRATION_NAME_MAX),
	PART(ATTR_TYPE, STRING, ALWAYS, .max = VDPA_MIGRATION_TYPE_MAX),
	PART(ATTR_RULE, STRING, ALWAYS, .max = VDPA_MIGRATION_RULE_MAX),
	PART(ATTR_PROVISION, FLAG),
	PART(ATTR_U64, U64),
	PART(ATTR_STRING, STRING, .max = VDPA_MIGRATION_STRING_MAX),
	PART(ATTR_MEMBER, STRING, .max = VDPA_MIGRATION_MEMBER_MAX),
	PART(ATTR_FIRST, U64),
	PART(ATTR_LAST, U64),
	PART(ATTR_ACCEPTS, STRING, .max = VDPA_MIGRATION_STRING_MAX),
	PART(ATTR_WORDS, BINARY),
	{ }
};

static const struct wire_attr description_attrs[] = {
	PART(CLASS, U32, ALWAYS),
	PART(ATTR, NEST, .nest = description_attr_attrs),
	{ }
};

static const struct wire_attr state_vq_attrs[] = {
	ATTR(DEV_QUEUE_INDEX, U32, IN, ALWAYS),
	ATTR(VQ_TYPE, U8, IN, .max = VDPA_VQ_TYPE_REQUEST),
	ATTR(VQ_READY, U8, IN, .max = 1),
	ATTR(VQ_SIZE, U16, IN),
	ATTR(VQ_AVAIL_INDEX, U16, IN),
	ATTR(VQ_AVAIL_COUNTER, U8, IN, .max = 1),
	ATTR(VQ_USED_INDEX, U16, IN),
	ATTR(VQ_USED_COUNTER, U8, IN, .max = 1),
	ATTR(VQ_STABLE, U8, IN, .max = 1),
	ATTR(VQ_INFLIGHT, BINARY, IN),
	{ }
};

static const struct wire_attr dirty_range_attrs[] = {
	ATTR(DIRTY_FIRST, U64, IN, ALWAYS),
	ATTR(DIRTY_LAST, U64, IN, ALWAYS),
	ATTR(DIRTY_ASID, U32, IN),
	{ }
};

static const struct wire_attr dirty_stretch_attrs[] = {
	ATTR(DIRTY_FIRST, U64, ALWAYS),
	ATTR(DIRTY_BITMAP, BINARY, ALWAYS),
	{ }
};

static const struct wire_attr created_attrs[] = {
	ATTR(DEV_NET_CFG_MACADDR, MAC),
	ATTR(DEV_NET_CFG_MTU, U16),
	ATTR(DEV_NET_CFG_MAX_VQP, U16),
	ATTR(DEV_FEATURES, U64, BITS),
	{ }
};

const struct wire_attr wire_attrs[] = {
	ATTR(MGMTDEV_BUS_NAME, STRING, IN),
	ATTR(MGMTDEV_DEV_NAME, NAME, IN),
	ATTR(MGMTDEV_SUPPORTED_CLASSES, U64, BITS),
	ATTR(DEV_NAME, NAME, IN),
	ATTR(DEV_ID, U32),
	ATTR(DEV_VENDOR_ID, U32),
	ATTR(DEV_MAX_VQS, U32),
	ATTR(DEV_MAX_VQ_SIZE, U16),
	ATTR(DEV_MIN_VQ_SIZE, U16),
	ATTR(DEV_NET_CFG_MACADDR, MAC, IN),
	ATTR(DEV_NET_STATUS, U16),
	ATTR(DEV_NET_CFG_MAX_VQP, U16, IN),
	ATTR(DEV_NET_CFG_MTU, U16, IN),
	ATTR(DEV_NEGOTIATED_FEATURES, U64, BITS),
	ATTR(DEV_MGMTDEV_MAX_VQS, U32),
	ATTR(DEV_SUPPORTED_FEATURES, U64, BITS),
	ATTR(DEV_QUEUE_INDEX, U32, IN),
	ATTR(DEV_VENDOR_ATTR_NAME, STRING),
	ATTR(DEV_VENDOR_ATTR_VALUE, U64),
	ATTR(DEV_FEATURES, U64, BITS, IN),
	ATTR(DEV_BLK_CFG_CAPACITY, U64),
	ATTR(DEV_BLK_CFG_SIZE_MAX, U32),
	ATTR(DEV_BLK_CFG_BLK_SIZE, U32),
	ATTR(DEV_BLK_CFG_SEG_MAX, U32),
	ATTR(DEV_BLK_CFG_NUM_QUEUES, U16),
	ATTR(DEV_BLK_CFG_PHY_BLK_EXP, U8),
	ATTR(DEV_BLK_CFG_ALIGN_OFFSET, U8),
	ATTR(DEV_BLK_CFG_MIN_IO_SIZE, U16),
	ATTR(DEV_BLK_CFG_OPT_IO_SIZE, U32),
	ATTR(DEV_BLK_CFG_MAX_DISCARD_SEC, U32),
	ATTR(DEV_BLK_CFG_MAX_DISCARD_SEG, U32),
	ATTR(DEV_BLK_CFG_DISCARD_SEC_ALIGN, U32),
	ATTR(DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC, U32),
	ATTR(DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG, U32),
	ATTR(DEV_BLK_READ_ONLY, U8, .max = 1),
	ATTR(DEV_BLK_FLUSH, U8, .max = 1),
	ATTR(DEV_STATE, U8, .max = VDPA_DEV_STATE_REMOVING),
	ATTR(DEV_STATUS, U8),
	ATTR(DEV_CAPS, U32, .max = 2 * VDPA_DEV_CAP_INFLIGHT - 1),
	ATTR(DEV_DRIVER, STRING, IN, .max = VDPA_DRIVER_LEN_MAX),
	ATTR(DEV_TRANSITIONS, U64),
	ATTR(DEV_SUSPEND_LAST, U64),
	ATTR(DEV_SUSPEND_MAX, U64),
	ATTR(DEV_RESUME_LAST, U64),
	ATTR(DEV_RESUME_MAX, U64),
	ATTR(DEV_GROUP, NEST, IN, .nest = group_attrs),
	ATTR(DEADLINE, U32, IN, .max = VDPA_DEADLINE_MAX),
	ATTR(VQ_TYPE, U8, .max = VDPA_VQ_TYPE_REQUEST),
	ATTR(VQ_READY, U8, .max = 1),
	ATTR(VQ_SIZE, U16),
	ATTR(VQ_AVAIL_INDEX, U16, IN),
	ATTR(VQ_AVAIL_COUNTER, U8, IN, .max = 1),
	ATTR(VQ_USED_INDEX, U16, IN),
	ATTR(VQ_USED_COUNTER, U8, IN, .max = 1),
	ATTR(VQ_STABLE, U8, .max = 1),
	ATTR(VQ_INFLIGHT, BINARY),
	ATTR(EVENT, U8, .max = VDPA_EVENT_DEV_DRIVER),
	ATTR(EVENT_SEQ, U64),
	ATTR(EVENT_TIME, U64),
	ATTR(DEV_STATE_OLD, U8, .max = VDPA_DEV_STATE_REMOVING),
	ATTR(EVENT_CAUSE, U8, .max = VDPA_CAUSE_DEVICE),
	ATTR(MIGRATION, NEST, IN, .nest = description_attrs),
	ATTR(STATE_FEATURES, U64, BITS, IN),
	ATTR(STATE_STATUS, U8, IN),
	ATTR(STATE_PRIVATE, BINARY, IN),
	ATTR(STATE_VQ, NEST, IN, .nest = state_vq_attrs),
	ATTR(STATE_OFFSET, U64, IN),
	ATTR(STATE_END, FLAG, IN),
	ATTR(DEV_SUSPEND_ESTIMATE, U64),
	ATTR(DEV_RESUME_ESTIMATE, U64),
	ATTR(DEV_SUSPENDED_BY, U8, .max = VDPA_HOLD_DRIVER | VDPA_HOLD_MANAGEMENT),
	ATTR(FORCE, FLAG, IN),
	ATTR(NOWAIT, FLAG, IN),
	ATTR(DEV_UNANSWERED, FLAG),
	ATTR(DEV_SUPPORTED_FEATURES_WORDS, BINARY),
	ATTR(DEV_FEATURES_WORDS, BINARY),
	ATTR(DEV_NEGOTIATED_FEATURES_WORDS, BINARY),
	ATTR(STATE_FEATURES_WORDS, BINARY, IN),
	ATTR(PRECOPY_INITIAL, U64),
	ATTR(PRECOPY_DIRTY, U64),
	ATTR(STATE_ROUND, U32, IN),
	ATTR(STATE_ROUNDS, U32, IN),
	ATTR(STATE_REST, FLAG, IN),
	ATTR(ESTIMATE_BYTES, U64),
	ATTR(ESTIMATE_CHANGED, U64),
	ATTR(DIRTY_RANGE, NEST, IN, .nest = dirty_range_attrs),
	ATTR(DIRTY_FIRST, U64, IN),
	ATTR(DIRTY_LAST, U64, IN),
	ATTR(DIRTY_ASID, U32, IN),
	ATTR(DIRTY_PAGE_SIZE, U64, IN),
	ATTR(DIRTY_STRETCH, NEST, .nest = dirty_stretch_attrs),
	ATTR(DIRTY_BITMAP, BINARY),
	ATTR(DIRTY_KEEP, FLAG, IN),
	ATTR(DEV_DRIVER_OVERRIDE, STRING),
	ATTR(DEV_CREATED_WITH, NEST, .nest = created_attrs),
	ATTR(VQ_GROUP, U32),
	ATTR(VQ_ASID, U32),
	ATTR(MGMTDEV_DEV_NEW_ATTRS, U64, BITS),
	{ }
};

#define A(name)		{ VDPA_ATTR_ ## name, WIRE_ALWAYS }
#define M(name)		{ VDPA_ATTR_ ## name, WIRE_MAYBE }
#define MANY(name)	{ VDPA_ATTR_ ## name, WIRE_MANY }

#define MGMTDEV		M(MGMTDEV_BUS_NAME), A(MGMTDEV_DEV_NAME)
#define DEVICE		A(DEV_NAME), A(DEV_ID)

const struct wire_command wire_commands[] = {
	{
		.name = "mgmtdev-get", .number = VDPA_CMD_MGMTDEV_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_MGMTDEV_NEW,
		.request = { MGMTDEV },
		.replies = {
			MGMTDEV, A(MGMTDEV_SUPPORTED_CLASSES), A(DEV_MGMTDEV_MAX_VQS), A(DEV_SUPPORTED_FEATURES),
			M(DEV_SUPPORTED_FEATURES_WORDS),
			A(EVENT_SEQ), A(MGMTDEV_DEV_NEW_ATTRS),
		},
	}, {
		.name = "dev-new", .number = VDPA_CMD_DEV_NEW, .one = true, .changes = true,
		.request = {
			A(DEV_NAME), MGMTDEV, M(DEV_NET_CFG_MACADDR), M(DEV_NET_CFG_MTU), M(DEV_NET_CFG_MAX_VQP),
			M(DEV_FEATURES), M(DEV_DRIVER),
		},
	}, {
		.name = "dev-del", .number = VDPA_CMD_DEV_DEL, .one = true, .changes = true,
		.request = { A(DEV_NAME), M(DEADLINE) },
	}, {
		.name = "dev-get", .number = VDPA_CMD_DEV_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_DEV_NEW,
		.request = { A(DEV_NAME) },
		.replies = {
			MGMTDEV, DEVICE, A(DEV_VENDOR_ID), A(DEV_MAX_VQS), A(DEV_MAX_VQ_SIZE), A(DEV_MIN_VQ_SIZE),
			A(DEV_STATE), A(DEV_STATUS), A(DEV_CAPS), M(DEV_DRIVER), A(DEV_TRANSITIONS),
			M(DEV_SUSPEND_LAST), M(DEV_SUSPEND_MAX), M(DEV_RESUME_LAST), M(DEV_RESUME_MAX),
			A(EVENT_SEQ), M(DEV_SUSPEND_ESTIMATE), M(DEV_RESUME_ESTIMATE), M(DEV_SUSPENDED_BY),
			M(DEV_DRIVER_OVERRIDE), M(DEV_CREATED_WITH),
		},
	}, {
		.name = "dev-config-get", .number = VDPA_CMD_DEV_CONFIG_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_DEV_CONFIG_GET,
		.request = { A(DEV_NAME) },
		.replies = {
			DEVICE, M(DEV_NEGOTIATED_FEATURES), A(DEV_FEATURES), M(DEV_NEGOTIATED_FEATURES_WORDS), M(DEV_FEATURES_WORDS),
			M(DEV_NET_CFG_MTU), M(DEV_NET_CFG_MACADDR), M(DEV_NET_STATUS), M(DEV_NET_CFG_MAX_VQP),
			M(DEV_BLK_CFG_CAPACITY), M(DEV_BLK_CFG_SIZE_MAX), M(DEV_BLK_CFG_BLK_SIZE),
			M(DEV_BLK_CFG_SEG_MAX), M(DEV_BLK_CFG_NUM_QUEUES), M(DEV_BLK_CFG_PHY_BLK_EXP),
			M(DEV_BLK_CFG_ALIGN_OFFSET), M(DEV_BLK_CFG_MIN_IO_SIZE), M(DEV_BLK_CFG_OPT_IO_SIZE),
			M(DEV_BLK_CFG_MAX_DISCARD_SEC), M(DEV_BLK_CFG_MAX_DISCARD_SEG),
			M(DEV_BLK_CFG_DISCARD_SEC_ALIGN), M(DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC),
			M(DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG), M(DEV_BLK_READ_ONLY), M(DEV_BLK_FLUSH),
			M(DEV_UNANSWERED),
		},
	}, {
		.name = "dev-vstats-get", .number = VDPA_CMD_DEV_VSTATS_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_DEV_VSTATS_GET,
		.request = { A(DEV_NAME), A(DEV_QUEUE_INDEX) },
		.dump_request = { M(DEV_NAME) },
		.replies = {
			DEVICE, M(DEV_STATUS), M(DEV_CAPS), M(DEV_NEGOTIATED_FEATURES), M(DEV_NET_CFG_MAX_VQP),
			M(DEV_QUEUE_INDEX), MANY(DEV_VENDOR_ATTR_NAME), MANY(DEV_VENDOR_ATTR_VALUE),
			M(DEV_UNANSWERED),
		},
	}, {
		.name = "dev-attr-set", .number = VDPA_CMD_DEV_ATTR_SET, .one = true, .changes = true,
		.request = { A(DEV_NAME), A(DEV_NET_CFG_MACADDR) },
	}, {
		.name = "dev-attr-set of an MTU", .number = VDPA_CMD_DEV_ATTR_SET, .one = true, .changes = true,
		.request = { A(DEV_NAME), A(DEV_NET_CFG_MTU) },
	}, {
		.name = "dev-driver-set", .number = VDPA_CMD_DEV_DRIVER_SET, .one = true, .changes = true,
		.request = { A(DEV_NAME), A(DEV_DRIVER), M(DEADLINE) },
	}, {
		.name = "dev-suspend", .number = VDPA_CMD_DEV_SUSPEND, .one = true, .changes = true,
		.request = { A(DEV_NAME), M(DEADLINE), M(FORCE) },
	}, {
		.name = "dev-suspend of a group", .number = VDPA_CMD_DEV_SUSPEND, .one = true, .changes = true,
		.request = { A(DEV_GROUP), M(DEADLINE), M(FORCE) },
	}, {
		.name = "dev-resume", .number = VDPA_CMD_DEV_RESUME, .one = true, .changes = true,
		.request = { A(DEV_NAME) },
	}, {
		.name = "dev-resume of a group", .number = VDPA_CMD_DEV_RESUME, .one = true, .changes = true,
		.request = { A(DEV_GROUP) },
	}, {
		.name = "dev-vq-get", .number = VDPA_CMD_DEV_VQ_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_DEV_VQ_GET,
		.request = { A(DEV_NAME), A(DEV_QUEUE_INDEX) },
		.dump_request = { M(DEV_NAME) },
		.replies = {
			DEVICE, M(DEV_STATUS), M(DEV_CAPS), M(DEV_QUEUE_INDEX), M(VQ_TYPE), M(VQ_READY), M(VQ_SIZE),
			M(VQ_AVAIL_INDEX), M(VQ_AVAIL_COUNTER), M(VQ_USED_INDEX), M(VQ_USED_COUNTER), M(VQ_STABLE),
			M(VQ_INFLIGHT), M(VQ_GROUP), M(VQ_ASID), M(DEV_UNANSWERED),
		},
	}, {
		.name = "dev-vq-set", .number = VDPA_CMD_DEV_VQ_SET, .one = true, .changes = true,
		.request = { A(DEV_NAME), A(DEV_QUEUE_INDEX), A(VQ_AVAIL_INDEX) },
	}, {
		.name = "dev-migration-get", .number = VDPA_CMD_DEV_MIGRATION_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_DEV_MIGRATION_GET,
		.request = { A(DEV_NAME) },
		.replies = { MGMTDEV, DEVICE, M(MIGRATION), M(DEV_UNANSWERED) },
	}, {
		.name = "mgmtdev-migration-get", .number = VDPA_CMD_MGMTDEV_MIGRATION_GET, .one = true, .dump = true,
		.reply = VDPA_CMD_MGMTDEV_MIGRATION_GET,
		.request = { MGMTDEV },
		.replies = { MGMTDEV, MANY(MIGRATION), M(DEV_UNANSWERED) },
	}, {
		.name = "migration-check", .number = VDPA_CMD_MIGRATION_CHECK, .one = true,
		.request = { A(DEV_NAME), A(MIGRATION) },
	}, {
		.name = "migration-check of a management device", .number = VDPA_CMD_MIGRATION_CHECK, .one = true,
		.request = { MGMTDEV, A(MIGRATION) },
	}, {
		.name = "dev-state-get", .number = VDPA_CMD_DEV_STATE_GET, .dump = true,
		.reply = VDPA_CMD_DEV_STATE_GET,
		.dump_request = { A(DEV_NAME), M(STATE_REST) },
		.replies = {
			A(DEV_NAME), M(MIGRATION), M(STATE_FEATURES), M(STATE_FEATURES_WORDS), M(STATE_STATUS), MANY(STATE_VQ), M(STATE_OFFSET),
			M(STATE_PRIVATE), M(STATE_ROUNDS),
		},
	}, {
		.name = "dev-state-set", .number = VDPA_CMD_DEV_STATE_SET, .one = true, .changes = true,
		.request = {
			A(DEV_NAME), A(MIGRATION), A(STATE_FEATURES), M(STATE_FEATURES_WORDS), M(STATE_STATUS), MANY(STATE_VQ),
			M(STATE_OFFSET), M(STATE_PRIVATE), A(STATE_END),
		},
	}, {
		.name = "dev-state-load", .number = VDPA_CMD_DEV_STATE_LOAD, .one = true, .changes = true,
		.request = { A(DEV_GROUP) },
	}, {
		.name = "dev-state-set of a round", .number = VDPA_CMD_DEV_STATE_SET, .one = true, .changes = true,
		.request = {
			A(DEV_NAME), A(MIGRATION), A(STATE_ROUND), M(STATE_OFFSET), M(STATE_PRIVATE), A(STATE_END),
		},
	}, {
		.name = "dev-precopy-start", .number = VDPA_CMD_DEV_PRECOPY_START, .one = true, .changes = true,
		.request = { A(DEV_NAME) },
	}, {
		.name = "dev-precopy-get", .number = VDPA_CMD_DEV_PRECOPY_GET, .dump = true, .begun = true,
		.reply = VDPA_CMD_DEV_PRECOPY_GET,
		.dump_request = { A(DEV_NAME) },
		.replies = {
			A(DEV_NAME), M(MIGRATION), M(STATE_ROUND), M(STATE_OFFSET), M(STATE_PRIVATE), M(PRECOPY_INITIAL),
			M(PRECOPY_DIRTY),
		},
	}, {
		.name = "dev-precopy-stop", .number = VDPA_CMD_DEV_PRECOPY_STOP, .one = true, .changes = true,
		.request = { A(DEV_NAME) },
	}, {
		.name = "migration-estimate", .number = VDPA_CMD_MIGRATION_ESTIMATE, .one = true,
		.reply = VDPA_CMD_MIGRATION_ESTIMATE,
		.request = { A(DEV_NAME) },
		.replies = {
			A(DEV_NAME), A(DEV_STATE), A(DEV_STATUS), A(DEV_CAPS), M(DEV_SUSPEND_LAST), M(DEV_SUSPEND_MAX),
			M(DEV_RESUME_LAST), M(DEV_RESUME_MAX), M(DEV_SUSPEND_ESTIMATE), M(DEV_RESUME_ESTIMATE),
			M(ESTIMATE_BYTES), M(ESTIMATE_CHANGED),
		},
	}, {
		.name = "dev-dirty-start", .number = VDPA_CMD_DEV_DIRTY_START, .one = true, .changes = true,
		.request = { A(DEV_NAME), M(DIRTY_PAGE_SIZE), MANY(DIRTY_RANGE) },
	}, {
		.name = "dev-dirty-get", .number = VDPA_CMD_DEV_DIRTY_GET, .one = true, .changes = true,
		.reply = VDPA_CMD_DEV_DIRTY_GET,
		.request = { A(DEV_NAME) },
		.replies = { A(DEV_NAME), A(DIRTY_PAGE_SIZE), MANY(DIRTY_RANGE) },
	}, {
		.name = "dev-dirty-get of a range", .number = VDPA_CMD_DEV_DIRTY_GET, .one = true, .changes = true,
		.reply = VDPA_CMD_DEV_DIRTY_GET,
		.request = { A(DEV_NAME), A(DIRTY_FIRST), A(DIRTY_LAST), M(DIRTY_ASID), M(DIRTY_KEEP) },
		.replies = {
			A(DEV_NAME), A(DIRTY_PAGE_SIZE), A(DIRTY_ASID), A(DIRTY_FIRST), A(DIRTY_LAST),
			MANY(DIRTY_STRETCH),
		},
	}, {
		.name = "dev-dirty-stop", .number = VDPA_CMD_DEV_DIRTY_STOP, .one = true, .changes = true,
		.request = { A(DEV_NAME) },
	},
};

const size_t wire_commands_n = ARRAY_SIZE(wire_commands);

/* The attribute of that number among @attrs, or NULL. */
const struct wire_attr *wire_attr(const struct wire_attr *attrs, uint16_t number)
{
	for (; attrs->name; attrs++)
		if (attrs->number == number)
			return attrs;

	return NULL;
}

/* A top-level attribute, or NULL. */
const struct wire_attr *wire_attr_named(const char *name)
{
	for (const struct wire_attr *attr = wire_attrs; attr->name; attr++)
		if (!strcmp(attr->name, name))
			return attr;

	return NULL;
}

const struct wire_command *wire_command(uint8_t number)
{
	for (size_t i = 0; i < wire_commands_n; i++)
		if (wire_commands[i].number == number)
			return &wire_commands[i];

	return NULL;
}

const struct wire_command *wire_command_named(const char *name)
{
	for (size_t i = 0; i < wire_commands_n; i++)
		if (!strcmp(wire_commands[i].name, name))
			return &wire_commands[i];

	return NULL;
}

/* Bytes of a payload; 0 for types that have no fixed size, and for flags. */
size_t wire_size(enum wire_type type)
{
	static const size_t sizes[] = {
		[WIRE_U8] = 1, [WIRE_U16] = 2, [WIRE_U32] = 4, [WIRE_U64] = 8, [WIRE_MAC] = 6, [WIRE_NEST] = 0,
	};

	return sizes[type];
}
