/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family "vdpa": the wire format between the vDPA core and
 * its clients. One header for the kernel and for user space.
 *
 * Commands 1 to 63 and attributes 1 to 127 are those of mainline Linux: they keep number, type,
 * meaning and permission. Commands from 64 and top-level attributes from 128 are additions of this
 * core, out of reach of mainline's next numbers. No number is ever reused.
 *
 * The types in the comments are those of the netlink payload in host byte
 * order. "string" is NUL-terminated in replies; in requests the two mainline
 * name attributes may come without the terminator.
 *
 * A dump about virtqueues covers all devices, or the one that VDPA_ATTR_DEV_NAME in the request
 * names. It has a message for each virtqueue. A message without VDPA_ATTR_DEV_QUEUE_INDEX is for a
 * device without such data: VDPA_ATTR_DEV_STATUS and VDPA_ATTR_DEV_CAPS show why.
 */
#ifndef _UAPI_LINUX_VDPA_H_
#define _UAPI_LINUX_VDPA_H_

#define VDPA_GENL_NAME "vdpa"

/* The core ignores the version in a request's header: clients send 1 and 2. */
#define VDPA_GENL_VERSION 0x1

/* Longest device name, in bytes, without a terminator. */
#define VDPA_NAME_LEN_MAX 63

enum vdpa_command {
	VDPA_CMD_UNSPEC = 0,
	VDPA_CMD_MGMTDEV_NEW = 1,	/* a management device, in replies */
	VDPA_CMD_MGMTDEV_GET = 2,	/* one management device, or dump */
	VDPA_CMD_DEV_NEW = 3,		/* create; also a device in replies; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DEL = 4,		/* delete; CAP_NET_ADMIN */
	VDPA_CMD_DEV_GET = 5,		/* one device, or dump */
	VDPA_CMD_DEV_CONFIG_GET = 6,	/* configuration of one device, or dump */
	VDPA_CMD_DEV_VSTATS_GET = 7,	/* statistics of one queue, or dump; CAP_NET_ADMIN */
	VDPA_CMD_DEV_ATTR_SET = 8,	/* change a device; CAP_NET_ADMIN */

	VDPA_CMD_DEV_SUSPEND = 64,	/* suspend devices, all or none; CAP_NET_ADMIN */
	VDPA_CMD_DEV_RESUME = 65,	/* resume devices; CAP_NET_ADMIN */
	VDPA_CMD_DEV_VQ_GET = 66,	/* state of one virtqueue, or dump; CAP_NET_ADMIN */
	VDPA_CMD_DEV_VQ_SET = 67,	/* state of one virtqueue; CAP_NET_ADMIN */
	VDPA_CMD_EVENT = 68,		/* an event, in VDPA_MCGRP_MONITOR */
	VDPA_CMD_DEV_MIGRATION_GET = 69,	/* description of one device, or dump */
	VDPA_CMD_MGMTDEV_MIGRATION_GET = 70,	/* of one management device, or dump */
	VDPA_CMD_MIGRATION_CHECK = 71,	/* check a description; CAP_NET_ADMIN */
	VDPA_CMD_DEV_STATE_GET = 72,	/* state of one device: dump only; CAP_NET_ADMIN */
	VDPA_CMD_DEV_STATE_SET = 73,	/* a piece of such a state; CAP_NET_ADMIN */
	VDPA_CMD_DEV_PRECOPY_START = 74,	/* begin to copy a device's state; CAP_NET_ADMIN */
	VDPA_CMD_DEV_PRECOPY_GET = 75,	/* a round of it: dump only; CAP_NET_ADMIN */
	VDPA_CMD_DEV_PRECOPY_STOP = 76,	/* end it; CAP_NET_ADMIN */
	VDPA_CMD_MIGRATION_ESTIMATE = 77,	/* size of the private state; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DIRTY_START = 78,	/* track the pages that a device writes; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DIRTY_GET = 79,	/* read and clear those pages; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DIRTY_STOP = 80,	/* stop tracking; CAP_NET_ADMIN */

	VDPA_CMD_DEV_STATE_LOAD = 82,	/* load such states, all or none; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DRIVER_SET = 83,	/* bind a device to another bus driver; CAP_NET_ADMIN */
};

/* The multicast group that VDPA_CMD_EVENT messages go to. */
#define VDPA_MCGRP_MONITOR "monitor"

enum vdpa_attr {
	VDPA_ATTR_UNSPEC = 0,

	/* padding in front of 64 bit values */
	VDPA_ATTR_PAD = VDPA_ATTR_UNSPEC,

	/* A management device is named by its bus (absent if it has none) and device name. */
	VDPA_ATTR_MGMTDEV_BUS_NAME = 1,			/* string */
	VDPA_ATTR_MGMTDEV_DEV_NAME = 2,			/* string */
	VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES = 3,	/* u64, bit n: virtio device ID n */

	VDPA_ATTR_DEV_NAME = 4,				/* string */
	VDPA_ATTR_DEV_ID = 5,				/* u32, virtio device ID */
	VDPA_ATTR_DEV_VENDOR_ID = 6,			/* u32 */
	VDPA_ATTR_DEV_MAX_VQS = 7,			/* u32, virtqueues */
	VDPA_ATTR_DEV_MAX_VQ_SIZE = 8,			/* u16, descriptors */
	VDPA_ATTR_DEV_MIN_VQ_SIZE = 9,			/* u16, descriptors */

	/* network class, as in struct virtio_net_config */
	VDPA_ATTR_DEV_NET_CFG_MACADDR = 10,		/* binary, 6 bytes */
	VDPA_ATTR_DEV_NET_STATUS = 11,			/* u16, VIRTIO_NET_S_* bits */
	VDPA_ATTR_DEV_NET_CFG_MAX_VQP = 12,		/* u16, queue pairs */
	VDPA_ATTR_DEV_NET_CFG_MTU = 13,			/* u16, bytes */

	VDPA_ATTR_DEV_NEGOTIATED_FEATURES = 14,		/* u64, virtio feature bits */
	VDPA_ATTR_DEV_MGMTDEV_MAX_VQS = 15,		/* u32, virtqueues */
	VDPA_ATTR_DEV_SUPPORTED_FEATURES = 16,		/* u64, what the parent can offer */

	VDPA_ATTR_DEV_QUEUE_INDEX = 17,			/* u32 */
	VDPA_ATTR_DEV_VENDOR_ATTR_NAME = 18,		/* string, a counter's name ... */
	VDPA_ATTR_DEV_VENDOR_ATTR_VALUE = 19,		/* u64, ... and the value after it */

	VDPA_ATTR_DEV_FEATURES = 20,			/* u64, what the device offers */

	/* block class, as in struct virtio_blk_config */
	VDPA_ATTR_DEV_BLK_CFG_CAPACITY = 21,		/* u64, sectors of 512 bytes */
	VDPA_ATTR_DEV_BLK_CFG_SIZE_MAX = 22,		/* u32, bytes a segment */
	VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE = 23,		/* u32, bytes */
	VDPA_ATTR_DEV_BLK_CFG_SEG_MAX = 24,		/* u32, segments a request */
	VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES = 25,		/* u16, virtqueues */
	VDPA_ATTR_DEV_BLK_CFG_PHY_BLK_EXP = 26,		/* u8, log2 of logical in physical blocks */
	VDPA_ATTR_DEV_BLK_CFG_ALIGN_OFFSET = 27,	/* u8, logical blocks */
	VDPA_ATTR_DEV_BLK_CFG_MIN_IO_SIZE = 28,		/* u16, logical blocks */
	VDPA_ATTR_DEV_BLK_CFG_OPT_IO_SIZE = 29,		/* u32, logical blocks */
	VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEC = 30,	/* u32, sectors of 512 bytes */
	VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEG = 31,	/* u32, segments */
	VDPA_ATTR_DEV_BLK_CFG_DISCARD_SEC_ALIGN = 32,	/* u32, sectors of 512 bytes */
	VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC = 33,/* u32, sectors of 512 bytes */
	VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG = 34,/* u32, segments */
	VDPA_ATTR_DEV_BLK_READ_ONLY = 35,		/* u8, 0 or 1 */
	VDPA_ATTR_DEV_BLK_FLUSH = 36,			/* u8, 0 or 1 */

	/* One past mainline's last, by mainline's own convention. */
	VDPA_ATTR_MAX = 37,

	/* state of a device, also at the end of VDPA_CMD_DEV_NEW replies */
	VDPA_ATTR_DEV_STATE = 128,			/* u8, enum vdpa_dev_state */
	VDPA_ATTR_DEV_STATUS = 129,			/* u8, virtio device status bits */
	VDPA_ATTR_DEV_CAPS = 130,			/* u32, enum vdpa_dev_cap */
	VDPA_ATTR_DEV_DRIVER = 131,			/* string, bound bus driver; absent: none */
	VDPA_ATTR_DEV_TRANSITIONS = 132,		/* u64, changes of state so far */
	VDPA_ATTR_DEV_SUSPEND_LAST = 133,		/* u64, ns, duration of the last suspend */
	VDPA_ATTR_DEV_SUSPEND_MAX = 134,		/* u64, ns; of the last few */
	VDPA_ATTR_DEV_RESUME_LAST = 135,		/* u64, ns, duration of the last resume */
	VDPA_ATTR_DEV_RESUME_MAX = 136,			/* u64, ns; of the last few */

	/* VDPA_CMD_DEV_SUSPEND, VDPA_CMD_DEV_RESUME and VDPA_CMD_DEV_STATE_LOAD */
	VDPA_ATTR_DEV_GROUP = 137,			/* nested, VDPA_ATTR_DEV_NAME of each */
	VDPA_ATTR_DEADLINE = 138,			/* u32, ms from now; of DEV_DEL too */

	/* VDPA_CMD_DEV_VQ_GET and VDPA_CMD_DEV_VQ_SET, beside VDPA_ATTR_DEV_QUEUE_INDEX */
	VDPA_ATTR_VQ_TYPE = 139,			/* u8, enum vdpa_vq_type */
	VDPA_ATTR_VQ_READY = 140,			/* u8, 0 or 1 */
	VDPA_ATTR_VQ_SIZE = 141,			/* u16, descriptors */
	VDPA_ATTR_VQ_AVAIL_INDEX = 142,			/* u16 */
	VDPA_ATTR_VQ_AVAIL_COUNTER = 143,		/* u8, 0 or 1; packed rings only */
	VDPA_ATTR_VQ_USED_INDEX = 144,			/* u16; packed rings only */
	VDPA_ATTR_VQ_USED_COUNTER = 145,		/* u8, 0 or 1; packed rings only */
	VDPA_ATTR_VQ_STABLE = 146,			/* u8, 0: the position may be outdated */

	/* VDPA_CMD_EVENT */
	VDPA_ATTR_EVENT = 147,				/* u8, enum vdpa_event */
	VDPA_ATTR_EVENT_SEQ = 148,			/* u64; in replies: the last event before */
	VDPA_ATTR_EVENT_TIME = 149,			/* u64, ns since 1970 */
	VDPA_ATTR_DEV_STATE_OLD = 150,			/* u8, enum vdpa_dev_state */
	VDPA_ATTR_EVENT_CAUSE = 151,			/* u8, enum vdpa_cause */

	/* a description, see enum vdpa_migration; of a management device: one for each class */
	VDPA_ATTR_MIGRATION = 152,			/* nested, enum vdpa_migration */

	/* VDPA_CMD_DEV_STATE_GET and VDPA_CMD_DEV_STATE_SET */
	VDPA_ATTR_STATE_FEATURES = 153,			/* u64, negotiated feature bits */
	VDPA_ATTR_STATE_STATUS = 154,			/* u8, virtio device status bits */
	VDPA_ATTR_STATE_PRIVATE = 155,			/* binary, a piece of private state */
	VDPA_ATTR_STATE_VQ = 156,			/* nested, one virtqueue, repeated */
	VDPA_ATTR_STATE_OFFSET = 157,			/* u64, bytes, of that piece */
	VDPA_ATTR_STATE_END = 158,			/* flag: this is the last piece */

	/* the parent's estimates, also in VDPA_CMD_DEV_NEW replies; absent: none */
	VDPA_ATTR_DEV_SUSPEND_ESTIMATE = 159,		/* u64, ns a suspend would take now */
	VDPA_ATTR_DEV_RESUME_ESTIMATE = 160,		/* u64, ns a resume would take now */

	/* also in VDPA_CMD_DEV_NEW replies and in VDPA_EVENT_DEV_STATE; absent: not suspended */
	VDPA_ATTR_DEV_SUSPENDED_BY = 161,		/* u8, enum vdpa_hold */

	/*
	 * VDPA_CMD_DEV_SUSPEND: also suspend a network device with a control queue that a driver of
	 * this host uses, or a device that cannot be resumed (no VDPA_DEV_CAP_RESUME)
	 */
	VDPA_ATTR_FORCE = 162,				/* flag */

	/*
	 * VDPA_CMD_DEV_DEL waits until the driver is unbound: vhost_vdpa waits until its file is
	 * closed. With this flag it fails with EBUSY instead. With a deadline it waits until then,
	 * and fails with ETIMEDOUT. Once the parent has begun to delete the device, it waits for
	 * the parent.
	 */
	VDPA_ATTR_NOWAIT = 163,				/* flag */

	/* in dumps: the parent did not answer, so its attributes of this device are missing */
	VDPA_ATTR_DEV_UNANSWERED = 164,			/* flag */

	/*
	 * All feature bits, if one beyond 63 is set; else absent. u64 words in host order, 2 to
	 * VDPA_WORDS_MAX of them, the last not zero. Word i has the bits 64i to 64i + 63. Word 0 is
	 * the same as mainline's u64, which is there as well. In a state, this replaces
	 * VDPA_ATTR_STATE_FEATURES, so that older readers do not load half of the features.
	 */
	VDPA_ATTR_DEV_SUPPORTED_FEATURES_WORDS = 165,	/* binary, u64 words */
	VDPA_ATTR_DEV_FEATURES_WORDS = 166,		/* binary, u64 words */
	VDPA_ATTR_DEV_NEGOTIATED_FEATURES_WORDS = 167,	/* binary, u64 words */
	VDPA_ATTR_STATE_FEATURES_WORDS = 168,		/* binary, u64 words */

	/* VDPA_CMD_DEV_PRECOPY_GET: the amount left after this round, at its end */
	VDPA_ATTR_PRECOPY_INITIAL = 169,		/* u64, bytes that were in no round yet */
	VDPA_ATTR_PRECOPY_DIRTY = 170,			/* u64, bytes that have changed since */

	/* VDPA_CMD_DEV_PRECOPY_GET, and VDPA_CMD_DEV_STATE_SET of such a round */
	VDPA_ATTR_STATE_ROUND = 171,			/* u32, number of the round, from 0 */

	/* VDPA_CMD_DEV_STATE_GET and VDPA_CMD_DEV_STATE_SET of the rest after a pre-copy */
	VDPA_ATTR_STATE_ROUNDS = 172,			/* u32, number of rounds before it */

	/* VDPA_CMD_DEV_STATE_GET */
	VDPA_ATTR_STATE_REST = 173,			/* flag: the rest of a pre-copy */

	/* VDPA_CMD_MIGRATION_ESTIMATE; absent: the parent has no estimate */
	VDPA_ATTR_ESTIMATE_BYTES = 174,			/* u64, bytes of private state now */
	VDPA_ATTR_ESTIMATE_CHANGED = 175,		/* u64, bytes changed so far */

	/* VDPA_CMD_DEV_DIRTY_START and VDPA_CMD_DEV_DIRTY_GET: addresses are the driver's (IOVA) */
	VDPA_ATTR_DIRTY_RANGE = 177,			/* nested: the next three; repeated */
	VDPA_ATTR_DIRTY_FIRST = 178,			/* u64, first address */
	VDPA_ATTR_DIRTY_LAST = 179,			/* u64, last address */
	VDPA_ATTR_DIRTY_ASID = 180,			/* u32, address space; absent: 0 */
	VDPA_ATTR_DIRTY_PAGE_SIZE = 181,		/* u64, bytes */
	VDPA_ATTR_DIRTY_STRETCH = 182,			/* nested: _FIRST and _BITMAP; repeated */
	VDPA_ATTR_DIRTY_BITMAP = 183,			/* binary, of u64 */
	VDPA_ATTR_DIRTY_KEEP = 184,			/* flag: read and do not clear */

	/*
	 * VDPA_CMD_DEV_VQ_GET, and of a virtqueue in a saved state: the chains that the device has
	 * taken but not completed, in the order in which it took them. The available index counts
	 * them as taken. Stable if VDPA_ATTR_VQ_STABLE is 1. Absent: the parent does not report
	 * them; empty: there are none. Split rings: the index of the first descriptor; packed
	 * rings: the position of the first descriptor in the ring.
	 */
	VDPA_ATTR_VQ_INFLIGHT = 185,			/* binary, u16 for each chain */

	/*
	 * VDPA_CMD_DEV_GET: driver_override in sysfs: only this bus driver can bind to the device.
	 * VDPA_CMD_DEV_NEW with VDPA_ATTR_DEV_DRIVER and VDPA_CMD_DEV_DRIVER_SET set it. Absent:
	 * any driver can bind.
	 */
	VDPA_ATTR_DEV_DRIVER_OVERRIDE = 186,		/* string */

	/*
	 * VDPA_CMD_DEV_GET: the attributes in the VDPA_CMD_DEV_NEW request:
	 * VDPA_ATTR_DEV_NET_CFG_MACADDR, _MTU, _MAX_VQP and VDPA_ATTR_DEV_FEATURES, if given.
	 * Absent: the device was not created by VDPA_CMD_DEV_NEW.
	 */
	VDPA_ATTR_DEV_CREATED_WITH = 187,		/* nested */

	/* VDPA_CMD_DEV_VQ_GET */
	VDPA_ATTR_VQ_GROUP = 188,			/* u32, virtqueue group */
	VDPA_ATTR_VQ_ASID = 189,			/* u32, address space of that group */

	/* VDPA_CMD_MGMTDEV_GET */
	VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS = 190,	/* u64, bit n: VDPA_CMD_DEV_NEW takes attribute n */
};

/* The last attribute. */
#define VDPA_ATTR_LAST	VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS

/* Longest name of a bus driver, in bytes, without a terminator. */
#define VDPA_DRIVER_LEN_MAX	63

/* VDPA_ATTR_DEV_DRIVER in a request: no driver binds to the device. */
#define VDPA_DRIVER_NONE	"none"

/* Maximum number of words of a bitmask, here and in a description: 512 bits. */
#define VDPA_WORDS_MAX		8

/* Longest deadline, in ms. */
#define VDPA_DEADLINE_MAX	3600000

/* Maximum number of chains in a VDPA_ATTR_VQ_INFLIGHT. */
#define VDPA_VQ_INFLIGHT_MAX	1024

/* Maximum number of devices in a VDPA_ATTR_DEV_GROUP. */
#define VDPA_GROUP_MAX		512

/* The state of a device. */
enum vdpa_dev_state {
	VDPA_DEV_STATE_INACTIVE = 0,	/* no driver, or one that has not set DRIVER_OK */
	VDPA_DEV_STATE_ACTIVE = 1,	/* DRIVER_OK: it runs */
	VDPA_DEV_STATE_SUSPENDING = 2,	/* a suspend is under way */
	VDPA_DEV_STATE_SUSPENDED = 3,	/* its queues are stopped until a resume or reset */
	VDPA_DEV_STATE_RESUMING = 4,	/* a resume is under way */
	VDPA_DEV_STATE_FAILED = 5,	/* FAILED or NEEDS_RESET: it needs a reset */
	VDPA_DEV_STATE_REMOVING = 6,	/* it is being deleted */
};

/*
 * The parties that hold a device suspended, bits of VDPA_ATTR_DEV_SUSPENDED_BY. The device is
 * suspended for the first hold and resumed when the last is released. Each party releases only its
 * own hold. A reset ends both.
 */
enum vdpa_hold {
	VDPA_HOLD_DRIVER = 1,		/* the bus driver: a virtual machine's monitor */
	VDPA_HOLD_MANAGEMENT = 2,	/* VDPA_CMD_DEV_SUSPEND */
};

/*
 * The capabilities of a device, bits of VDPA_ATTR_DEV_CAPS. Suspend and resume use operations of
 * its parent or, if negotiated, virtio's own suspend (feature bit 43).
 */
enum vdpa_dev_cap {
	VDPA_DEV_CAP_SUSPEND = 1,	/* suspend */
	VDPA_DEV_CAP_RESUME = 2,	/* resume without a reset */
	VDPA_DEV_CAP_VQ_STATE = 4,	/* read and set the state of virtqueues */
	VDPA_DEV_CAP_VSTATS = 8,	/* statistics per virtqueue */
	VDPA_DEV_CAP_PRECOPY = 16,	/* copy its state while it runs */
	VDPA_DEV_CAP_DIRTY_TRACKING = 32,	/* track the pages that the device writes */
	VDPA_DEV_CAP_INFLIGHT = 64,	/* report chains in flight, take them up */
};

/* The type of a virtqueue. */
enum vdpa_vq_type {
	VDPA_VQ_TYPE_OTHER = 0,
	VDPA_VQ_TYPE_RX = 1,
	VDPA_VQ_TYPE_TX = 2,
	VDPA_VQ_TYPE_CTRL = 3,
	VDPA_VQ_TYPE_REQUEST = 4,
};

/* Events, with their attributes. */
enum vdpa_event {
	VDPA_EVENT_MGMTDEV_ADDED = 1,	/* has the management device's names */
	VDPA_EVENT_MGMTDEV_REMOVED = 2,	/* the same */
	VDPA_EVENT_DEV_ADDED = 3,	/* and the device's name, IDs and sizes */
	VDPA_EVENT_DEV_REMOVED = 4,	/* and the device's name */
	VDPA_EVENT_DEV_STATE = 5,	/* the same, old state, state, holds, and cause */
	VDPA_EVENT_DEV_CONFIG = 6,	/* the same, and cause: the configuration changed */
	VDPA_EVENT_DEV_DRIVER = 7,	/* the same, and the driver if one is bound */
};

/* The cause of an event. */
enum vdpa_cause {
	VDPA_CAUSE_DRIVER = 0,		/* the bus driver: a virtual machine, or the kernel's */
	VDPA_CAUSE_MANAGEMENT = 1,	/* a command of this family, or the unload of the parent */
	VDPA_CAUSE_DEVICE = 2,		/* the device itself */
};

/*
 * The bus driver of a device. VDPA_CMD_DEV_NEW may have VDPA_ATTR_DEV_DRIVER. Then no other driver
 * ever binds to the device; VDPA_DRIVER_NONE: no driver does. The driver must be loaded. If it does
 * not bind, the device is not created.
 *
 * VDPA_CMD_DEV_DRIVER_SET unbinds the device from its driver and binds it to the one that
 * VDPA_ATTR_DEV_DRIVER names. EBUSY: the device is in use through vhost_vdpa, management holds it
 * suspended, or another request is deleting it, loading it or changing its driver. With
 * VDPA_ATTR_DEADLINE it waits until then while the device is in use, and fails with ETIMEDOUT. It
 * is cancelled if its client exits while it waits. If it fails, the device is bound to its old
 * driver again.
 */

/*
 * A migration description: a list of attributes that must match between source and target, each
 * with its own rule. The source's rules count. Types and rules are strings, so that a reader can
 * pass on unknown ones. In a comparison an unknown one is a mismatch.
 *
 *  rule	types		the target is compatible when
 *  equal	all		its value is the same (sets: the same members)
 *  superset	bitmask, set	every bit or member of the source's is in its own
 *  at-least	u64		its number is no smaller
 *  at-most	u64		its number is no larger
 *  contains	range		its range includes the source's
 *  version	version		same major and no smaller minor number; or the source's
 *				version is in a range that the target accepts
 *  info	all		always
 *
 * It is also a mismatch if the target lacks the attribute (unless its rule is info), if the types
 * differ, if a type or rule is not in the table or they do not fit each other, and if the classes
 * differ.
 *
 * VDPA_MIGRATION_ATTR_PROVISION: the attribute is set when a device is created. In the description
 * of a management device it tells which values VDPA_CMD_DEV_NEW accepts: without a value, any; as a
 * range, every number in it. If source and management device both have this flag, these values
 * decide: a source's u64 must be in the range; without a value the types must be the same; else the
 * rule applies. For a target that is a device only the rule applies.
 *
 * A list is malformed, and refused with EINVAL, if it has no class, an attribute that
 * is not in the enums below, a name twice, no name, type or rule, a longer string than
 * below, no value of a type in the table (without the PROVISION mark), a range whose
 * first is above its last, a malformed version or ranges, or more attributes or
 * members than below. Names consist of letters, digits and '_', '-', '.'.
 *
 * A version is three decimal numbers below 2^32, "major.minor.bugfix". Ranges of them
 * are separated by commas: "2.0.1" (this one), "2.0.2-2.0.4" (both ends included),
 * "2.1.0-" (and all later ones). No blanks.
 */
enum vdpa_migration {
	VDPA_MIGRATION_UNSPEC = 0,
	VDPA_MIGRATION_CLASS = 1,	/* u32, virtio device ID */
	VDPA_MIGRATION_ATTR = 2,	/* nested, enum vdpa_migration_attr, repeated */
};

enum vdpa_migration_attr {
	VDPA_MIGRATION_ATTR_UNSPEC = 0,
	VDPA_MIGRATION_ATTR_PAD = VDPA_MIGRATION_ATTR_UNSPEC,
	VDPA_MIGRATION_ATTR_NAME = 1,		/* string */
	VDPA_MIGRATION_ATTR_TYPE = 2,		/* string */
	VDPA_MIGRATION_ATTR_RULE = 3,		/* string */
	VDPA_MIGRATION_ATTR_PROVISION = 4,	/* flag */
	VDPA_MIGRATION_ATTR_U64 = 5,		/* u64: types "u64" and "bitmask" up to bit 63 */
	VDPA_MIGRATION_ATTR_STRING = 6,		/* string: types "string" and "version" */
	VDPA_MIGRATION_ATTR_MEMBER = 7,		/* string, repeated; none: an empty "set" */
	VDPA_MIGRATION_ATTR_FIRST = 8,		/* u64: type "range" ... */
	VDPA_MIGRATION_ATTR_LAST = 9,		/* u64: ... both ends included */
	VDPA_MIGRATION_ATTR_ACCEPTS = 10,	/* string: "version", may be absent */
	/*
	 * Type "bitmask" with a bit beyond 63, in place of VDPA_MIGRATION_ATTR_U64: a reader that
	 * does not know it finds no value. Format: see VDPA_ATTR_DEV_FEATURES_WORDS.
	 */
	VDPA_MIGRATION_ATTR_WORDS = 11,		/* binary, u64 words */
};

/* Maximum length of strings in a description, in bytes without the terminator. */
#define VDPA_MIGRATION_NAME_MAX		63
#define VDPA_MIGRATION_TYPE_MAX		15
#define VDPA_MIGRATION_RULE_MAX		31
#define VDPA_MIGRATION_STRING_MAX	255
#define VDPA_MIGRATION_MEMBER_MAX	63

/* Maximum number of attributes of a description, and of members of a set. */
#define VDPA_MIGRATION_ATTRS_MAX	256
#define VDPA_MIGRATION_MEMBERS_MAX	256

/*
 * VDPA_CMD_MIGRATION_CHECK: the source's VDPA_ATTR_MIGRATION, and the target: VDPA_ATTR_DEV_NAME,
 * or the management device's names. The request succeeds if they are compatible. Else it fails with
 * EMEDIUMTYPE, and the message names the first mismatch. It fails with EINVAL if the list is
 * malformed.
 *
 * VDPA_CMD_DEV_STATE_GET names a suspended device and returns its state in any number of messages:
 * first one with the description, the features and the status; then the virtqueues, in the order of
 * their indices, in one or more messages; then the private state, in pieces with their offsets. The
 * borders of the pieces have no meaning. Each message has VDPA_ATTR_DEV_NAME; some may have nothing
 * else. A virtqueue is nested: VDPA_ATTR_DEV_QUEUE_INDEX and the attributes of VDPA_CMD_DEV_VQ_GET.
 *
 * VDPA_CMD_DEV_STATE_SET sends the same pieces in the same order, one or more in a request. Each
 * request names the device to load into. A request with a description starts again. Private pieces
 * must follow each other without a gap. The request with VDPA_ATTR_STATE_END loads all pieces sent
 * over this socket for the device. Only that one changes the device. If a piece is refused, all
 * pieces before it are dropped.
 *
 * VDPA_CMD_DEV_STATE_LOAD loads the states sent over this socket, without VDPA_ATTR_STATE_END, for
 * each device of a VDPA_ATTR_DEV_GROUP. If one is refused, the loaded devices get their old state
 * back. In both cases the core drops the states, unless one of the devices does not exist. A driver
 * may reset its device meanwhile, or set DRIVER_OK; the device is then left unchanged. Until the
 * answer, other requests to load these devices, to set their virtqueues, or to suspend or resume
 * them fail with EBUSY.
 *
 * Pre-copy: VDPA_CMD_DEV_PRECOPY_START begins to copy the state of a device that runs or is
 * suspended. The pre-copy belongs to the socket. A device has at most one. It ends with
 * VDPA_CMD_DEV_PRECOPY_STOP, with the rest, when the socket is closed, when the device is deleted
 * or reset, and with an error of the parent. VDPA_CMD_DEV_PRECOPY_GET returns a round: a message
 * with the description and VDPA_ATTR_STATE_ROUND, private pieces with their offsets, and a message
 * with VDPA_ATTR_PRECOPY_INITIAL and _DIRTY. When little is left, the client suspends the device.
 * VDPA_CMD_DEV_STATE_GET with VDPA_ATTR_STATE_REST then returns the rest: a state with
 * VDPA_ATTR_STATE_ROUNDS in its first message, whose private state adds to the rounds.
 *
 * VDPA_CMD_DEV_STATE_SET also sends these rounds. Each round is one or more requests: the first
 * with the description, all with VDPA_ATTR_STATE_ROUND, the last with VDPA_ATTR_STATE_END. After
 * the last one the parent stages the round beside the device, which does not change. The device
 * need not have a driver. If it has one, its reset does not discard staged rounds. Round 0 starts
 * again; the others follow in order. The rest, with VDPA_ATTR_STATE_ROUNDS in its first request, is
 * loaded on top of them. Staged rounds belong to the socket, one set for each device. They are
 * discarded when the socket is closed, and when a piece is refused.
 *
 * VDPA_CMD_MIGRATION_ESTIMATE returns the size of the private state. Like VDPA_CMD_DEV_GET, it also
 * returns the measured and expected durations of suspends and resumes. Two answers give the rate of
 * change.
 */

/*
 * Dirty page tracking, for a program that moves a guest's memory while the device runs.
 *
 * VDPA_CMD_DEV_DIRTY_START starts to track the pages that the device writes from now on.
 * VDPA_ATTR_DIRTY_PAGE_SIZE is a power of two from 4096 to 2^30 that the parent supports (absent:
 * the smallest of them). There may be up to VDPA_DIRTY_RANGES_MAX VDPA_ATTR_DIRTY_RANGE (absent:
 * everything that the device can write). Ranges consist of whole pages and do not overlap.
 * EALREADY: tracking is on. Tracking belongs to the device and not to the client: it ends with
 * VDPA_CMD_DEV_DIRTY_STOP or with the device. Neither a suspend nor a reset ends it.
 *
 * VDPA_CMD_DEV_DIRTY_GET with only a device returns VDPA_ATTR_DIRTY_PAGE_SIZE and each tracked
 * VDPA_ATTR_DIRTY_RANGE. ENOENT: tracking is off; also of VDPA_CMD_DEV_DIRTY_STOP.
 *
 * VDPA_CMD_DEV_DIRTY_GET with VDPA_ATTR_DIRTY_FIRST, VDPA_ATTR_DIRTY_LAST and, unless it is 0,
 * VDPA_ATTR_DIRTY_ASID reads and clears the dirty pages of a range within a tracked one. The answer
 * is one message of at most 4 KiB, however large the range is. It has the same attributes, but its
 * VDPA_ATTR_DIRTY_LAST is the end of what was read: for the rest, send another request. Each
 * VDPA_ATTR_DIRTY_STRETCH has VDPA_ATTR_DIRTY_FIRST, a multiple of 64 pages, and
 * VDPA_ATTR_DIRTY_BITMAP, words of 64 bit in the byte order of the host: bit n of word i is the
 * page 64 * i + n pages after that. Pages in no stretch are clean.
 *
 * If the parent fails after it has reported some pages, the answer with these is sent, and then the
 * error.
 *
 * Only pages in the answer are cleared: a page written meanwhile is in this answer or in the next,
 * and only one of two clients gets it. If a client exits before it reads an answer, or gets
 * ENOBUFS, the pages in that one answer are lost. With VDPA_ATTR_DIRTY_KEEP nothing is cleared.
 * EOVERFLOW: some writes were not tracked: stop, start, and copy all memory again.
 */

/* Smallest and largest page size, in bytes; maximum number of ranges of a device. */
#define VDPA_DIRTY_PAGE_SIZE_MIN	4096ULL
#define VDPA_DIRTY_PAGE_SIZE_MAX	(1ULL << 30)
#define VDPA_DIRTY_RANGES_MAX		64

/* Maximum size of private state, in bytes: of a whole state, of one round, or of the rest. */
#define VDPA_STATE_PRIVATE_MAX		(64 * 1024 * 1024)

#endif
