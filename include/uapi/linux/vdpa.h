/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family "vdpa": the wire format between the vDPA core and
 * its clients. One header for the kernel and for user space.
 *
 * Numbers 1 to 63 (commands) and 1 to 127 (attributes) are mainline Linux's:
 * they keep number, type, meaning and permission. What this core adds has
 * commands from 64 and top-level attributes from 128, which mainline cannot
 * take next. No number is ever reused.
 *
 * The types in the comments are those of the netlink payload in host byte
 * order. "string" is NUL-terminated in replies; in requests the two mainline
 * name attributes may come without the terminator.
 *
 * A dump about virtqueues is about all devices, or the one that
 * VDPA_ATTR_DEV_NAME in the request names, and has a message for each virtqueue.
 * One without VDPA_ATTR_DEV_QUEUE_INDEX stands for a device that has nothing to
 * tell: VDPA_ATTR_DEV_STATUS and VDPA_ATTR_DEV_CAPS say why.
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
	VDPA_CMD_EVENT = 68,		/* what happened, in VDPA_MCGRP_MONITOR */
	VDPA_CMD_DEV_MIGRATION_GET = 69,	/* description of one device, or dump */
	VDPA_CMD_MGMTDEV_MIGRATION_GET = 70,	/* of one management device, or dump */
	VDPA_CMD_MIGRATION_CHECK = 71,	/* judge a description; CAP_NET_ADMIN */
	VDPA_CMD_DEV_STATE_GET = 72,	/* state of one device: dump only; CAP_NET_ADMIN */
	VDPA_CMD_DEV_STATE_SET = 73,	/* a piece of such a state; CAP_NET_ADMIN */
	VDPA_CMD_DEV_PRECOPY_START = 74,	/* begin to copy a device's state; CAP_NET_ADMIN */
	VDPA_CMD_DEV_PRECOPY_GET = 75,	/* a round of it: dump only; CAP_NET_ADMIN */
	VDPA_CMD_DEV_PRECOPY_STOP = 76,	/* end it; CAP_NET_ADMIN */
	VDPA_CMD_MIGRATION_ESTIMATE = 77,	/* what there is to carry; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DIRTY_START = 78,	/* note which pages a device writes; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DIRTY_GET = 79,	/* those pages, read and cleared; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DIRTY_STOP = 80,	/* note them no more; CAP_NET_ADMIN */

	VDPA_CMD_DEV_STATE_LOAD = 82,	/* load such states, all or none; CAP_NET_ADMIN */
	VDPA_CMD_DEV_DRIVER_SET = 83,	/* give a device another bus driver; CAP_NET_ADMIN */
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
	VDPA_ATTR_DEV_SUSPEND_LAST = 133,		/* u64, ns the last suspend took */
	VDPA_ATTR_DEV_SUSPEND_MAX = 134,		/* u64, ns; of the last few */
	VDPA_ATTR_DEV_RESUME_LAST = 135,		/* u64, ns the last resume took */
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
	VDPA_ATTR_VQ_STABLE = 146,			/* u8, 0: a snapshot that may be old */

	/* VDPA_CMD_EVENT */
	VDPA_ATTR_EVENT = 147,				/* u8, enum vdpa_event */
	VDPA_ATTR_EVENT_SEQ = 148,			/* u64; in replies: the last before */
	VDPA_ATTR_EVENT_TIME = 149,			/* u64, ns since 1970 */
	VDPA_ATTR_DEV_STATE_OLD = 150,			/* u8, enum vdpa_dev_state */
	VDPA_ATTR_EVENT_CAUSE = 151,			/* u8, enum vdpa_cause */

	/* a description, see enum vdpa_migration; of a management device: one for each class */
	VDPA_ATTR_MIGRATION = 152,			/* nested, enum vdpa_migration */

	/* VDPA_CMD_DEV_STATE_GET and VDPA_CMD_DEV_STATE_SET */
	VDPA_ATTR_STATE_FEATURES = 153,			/* u64, negotiated feature bits */
	VDPA_ATTR_STATE_STATUS = 154,			/* u8, virtio device status bits */
	VDPA_ATTR_STATE_PRIVATE = 155,			/* binary, a piece of it */
	VDPA_ATTR_STATE_VQ = 156,			/* nested, one virtqueue, repeated */
	VDPA_ATTR_STATE_OFFSET = 157,			/* u64, bytes, of this piece */
	VDPA_ATTR_STATE_END = 158,			/* flag: this was the last piece */

	/* what the parent expects, also in VDPA_CMD_DEV_NEW replies; absent: nothing */
	VDPA_ATTR_DEV_SUSPEND_ESTIMATE = 159,		/* u64, ns a suspend would take now */
	VDPA_ATTR_DEV_RESUME_ESTIMATE = 160,		/* u64, ns a resume would take now */

	/* also in VDPA_CMD_DEV_NEW replies and in VDPA_EVENT_DEV_STATE; absent: nobody */
	VDPA_ATTR_DEV_SUSPENDED_BY = 161,		/* u8, enum vdpa_hold */

	/*
	 * VDPA_CMD_DEV_SUSPEND of a network device that a driver of this host uses, or of one that
	 * cannot be resumed (no VDPA_DEV_CAP_RESUME)
	 */
	VDPA_ATTR_FORCE = 162,				/* flag */

	/*
	 * VDPA_CMD_DEV_DEL waits until the driver lets go of the device: vhost_vdpa does so when
	 * its file is closed. With this flag it fails with EBUSY instead. With a deadline it waits
	 * so long, then fails with ETIMEDOUT. Once the parent has begun, it waits for the parent.
	 */
	VDPA_ATTR_NOWAIT = 163,				/* flag */

	/* in dumps: the parent does not answer, so what it knows of this device is missing */
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

	/* VDPA_CMD_DEV_PRECOPY_GET: what is left after this round, at its end */
	VDPA_ATTR_PRECOPY_INITIAL = 169,		/* u64, bytes that were in no round yet */
	VDPA_ATTR_PRECOPY_DIRTY = 170,			/* u64, bytes that have changed since */

	/* VDPA_CMD_DEV_PRECOPY_GET, and VDPA_CMD_DEV_STATE_SET of what comes from it */
	VDPA_ATTR_STATE_ROUND = 171,			/* u32, number of the round, from 0 */

	/* VDPA_CMD_DEV_STATE_GET and VDPA_CMD_DEV_STATE_SET of the rest after a pre-copy */
	VDPA_ATTR_STATE_ROUNDS = 172,			/* u32, number of rounds before it */

	/* VDPA_CMD_DEV_STATE_GET */
	VDPA_ATTR_STATE_REST = 173,			/* flag: the rest of my pre-copy */

	/* VDPA_CMD_MIGRATION_ESTIMATE; absent: the parent does not tell */
	VDPA_ATTR_ESTIMATE_BYTES = 174,			/* u64, private bytes, now */
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
	 * VDPA_CMD_DEV_VQ_GET, and of a virtqueue in a saved state: the chains that the device
	 * has taken but not completed, in the order in which it took them. The available index
	 * counts them as taken. Stable where VDPA_ATTR_VQ_STABLE is 1. Absent: the parent does
	 * not tell; empty: there are none. Split rings: the index of the first descriptor;
	 * packed rings: the place of the first descriptor in the ring.
	 */
	VDPA_ATTR_VQ_INFLIGHT = 185,			/* binary, u16 for each chain */

	/*
	 * VDPA_CMD_DEV_GET: the bus driver that the device is to have, as sysfs' driver_override
	 * says: no other driver binds to it. VDPA_CMD_DEV_NEW with VDPA_ATTR_DEV_DRIVER and
	 * VDPA_CMD_DEV_DRIVER_SET set it. Absent: any driver binds.
	 */
	VDPA_ATTR_DEV_DRIVER_OVERRIDE = 186,		/* string */

	/*
	 * VDPA_CMD_DEV_GET: what VDPA_CMD_DEV_NEW was asked for: VDPA_ATTR_DEV_NET_CFG_MACADDR,
	 * _MTU, _MAX_VQP and VDPA_ATTR_DEV_FEATURES, those that were given. Absent: no
	 * VDPA_CMD_DEV_NEW made the device.
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

/* As VDPA_ATTR_DEV_DRIVER of a request: no driver binds to the device. */
#define VDPA_DRIVER_NONE	"none"

/* Most words of a bitmask, here and in a description: 512 bits. */
#define VDPA_WORDS_MAX		8

/* Longest deadline, in ms. */
#define VDPA_DEADLINE_MAX	3600000

/* Most chains in one VDPA_ATTR_VQ_INFLIGHT. */
#define VDPA_VQ_INFLIGHT_MAX	1024

/* Most devices in one VDPA_ATTR_DEV_GROUP. */
#define VDPA_GROUP_MAX		512

/* What a device is doing. */
enum vdpa_dev_state {
	VDPA_DEV_STATE_INACTIVE = 0,	/* no driver, or one that has not set DRIVER_OK */
	VDPA_DEV_STATE_ACTIVE = 1,	/* DRIVER_OK: it runs */
	VDPA_DEV_STATE_SUSPENDING = 2,	/* its parent is about to suspend it */
	VDPA_DEV_STATE_SUSPENDED = 3,	/* its queues stand still until a resume or reset */
	VDPA_DEV_STATE_RESUMING = 4,	/* its parent is about to resume it */
	VDPA_DEV_STATE_FAILED = 5,	/* FAILED or NEEDS_RESET: only a reset helps */
	VDPA_DEV_STATE_REMOVING = 6,	/* it is being deleted */
};

/*
 * Who holds a device suspended, bits of VDPA_ATTR_DEV_SUSPENDED_BY. Its parent suspends it for
 * the first hold and resumes it when the last is given back; each gives back its own alone. A
 * reset ends both.
 */
enum vdpa_hold {
	VDPA_HOLD_DRIVER = 1,		/* the bus driver: a virtual machine's monitor */
	VDPA_HOLD_MANAGEMENT = 2,	/* VDPA_CMD_DEV_SUSPEND */
};

/*
 * What a device can do, bits of VDPA_ATTR_DEV_CAPS. Suspend and resume go through its parent or,
 * while it is negotiated, through virtio's own suspend (feature bit 43).
 */
enum vdpa_dev_cap {
	VDPA_DEV_CAP_SUSPEND = 1,	/* suspend */
	VDPA_DEV_CAP_RESUME = 2,	/* resume without a reset */
	VDPA_DEV_CAP_VQ_STATE = 4,	/* read and set the state of virtqueues */
	VDPA_DEV_CAP_VSTATS = 8,	/* statistics per virtqueue */
	VDPA_DEV_CAP_PRECOPY = 16,	/* copy its state while it runs */
	VDPA_DEV_CAP_DIRTY_TRACKING = 32,	/* note which pages the device writes */
	VDPA_DEV_CAP_INFLIGHT = 64,	/* report chains in flight, take them up */
};

/* What a virtqueue is for. */
enum vdpa_vq_type {
	VDPA_VQ_TYPE_OTHER = 0,
	VDPA_VQ_TYPE_RX = 1,
	VDPA_VQ_TYPE_TX = 2,
	VDPA_VQ_TYPE_CTRL = 3,
	VDPA_VQ_TYPE_REQUEST = 4,
};

/* What happened. */
enum vdpa_event {
	VDPA_EVENT_MGMTDEV_ADDED = 1,	/* has the management device's names */
	VDPA_EVENT_MGMTDEV_REMOVED = 2,	/* the same */
	VDPA_EVENT_DEV_ADDED = 3,	/* and the device's name, IDs and sizes */
	VDPA_EVENT_DEV_REMOVED = 4,	/* and the device's name */
	VDPA_EVENT_DEV_STATE = 5,	/* the same, old state, state, who holds it, and cause */
	VDPA_EVENT_DEV_CONFIG = 6,	/* the same, and cause: the configuration changed */
	VDPA_EVENT_DEV_DRIVER = 7,	/* the same, and the driver if it is bound */
};

/* Who made it happen. */
enum vdpa_cause {
	VDPA_CAUSE_DRIVER = 0,		/* the bus driver: a virtual machine, or the kernel's */
	VDPA_CAUSE_MANAGEMENT = 1,	/* a command of this family, or the parent is unloaded */
	VDPA_CAUSE_DEVICE = 2,		/* the device itself */
};

/*
 * A bus driver for a device: VDPA_CMD_DEV_NEW may have VDPA_ATTR_DEV_DRIVER. No other driver
 * binds to the device, from its first moment on; VDPA_DRIVER_NONE: none does. The driver has to be
 * loaded. If it does not take the device there is no device.
 *
 * VDPA_CMD_DEV_DRIVER_SET takes the device from the driver that it has and gives it to the one that
 * VDPA_ATTR_DEV_DRIVER names. EBUSY: somebody uses the device through vhost_vdpa, management
 * holds it suspended, or it is being deleted, loaded or given another driver. With
 * VDPA_ATTR_DEADLINE it waits so long for who uses it, and fails with ETIMEDOUT. It is called off
 * with its client while it waits. If it fails the device goes back to the driver that it had.
 */

/*
 * A description: what has to match between the source of a migration and its
 * target. A list of attributes, each with its own rule. The source's rules count.
 * Types and rules are strings, so that a reader can pass on those that it does not
 * know. Where the lists are compared, an unknown one is a mismatch.
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
 * It is a mismatch as well when the target lacks the attribute (unless its rule is
 * info), when the types differ, when a type or rule is not in the table or the two
 * do not go together, and when the classes differ.
 *
 * VDPA_MIGRATION_ATTR_PROVISION: the attribute is set when a device is created.
 * In the description of a management device it says what VDPA_CMD_DEV_NEW takes:
 * with no value, any; as a range, every number in it. If source and management
 * device both have the mark, that decides: a source's u64 has to be in the range;
 * without a value the types have to be the same; else the rule is applied. A
 * target that is a device is judged by the rule alone.
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
	 * Type "bitmask" with a bit beyond 63, in place of VDPA_MIGRATION_ATTR_U64: a reader
	 * that does not know it finds no value. As VDPA_ATTR_DEV_FEATURES_WORDS.
	 */
	VDPA_MIGRATION_ATTR_WORDS = 11,		/* binary, u64 words */
};

/* Bytes of strings in a description, without the terminator. */
#define VDPA_MIGRATION_NAME_MAX		63
#define VDPA_MIGRATION_TYPE_MAX		15
#define VDPA_MIGRATION_RULE_MAX		31
#define VDPA_MIGRATION_STRING_MAX	255
#define VDPA_MIGRATION_MEMBER_MAX	63

/* Attributes of a description, members of a set. */
#define VDPA_MIGRATION_ATTRS_MAX	256
#define VDPA_MIGRATION_MEMBERS_MAX	256

/*
 * VDPA_CMD_MIGRATION_CHECK: the source's VDPA_ATTR_MIGRATION, and the target:
 * VDPA_ATTR_DEV_NAME, or the management device's names. It is acknowledged if
 * they are compatible. Else it fails with EMEDIUMTYPE, and the message names the
 * first mismatch. It fails with EINVAL if the list is malformed.
 *
 * VDPA_CMD_DEV_STATE_GET names a suspended device and gives its state in any number
 * of messages. First come the description, the features and the status, all in one;
 * then the virtqueues, in the order of their indices, in one message or more; then
 * the private state, in pieces with their offsets. The borders of the pieces mean
 * nothing. Each message has VDPA_ATTR_DEV_NAME; some may have nothing else. A
 * virtqueue is nested: VDPA_ATTR_DEV_QUEUE_INDEX and what VDPA_CMD_DEV_VQ_GET tells
 * of it.
 *
 * VDPA_CMD_DEV_STATE_SET takes the same pieces, in the same order, one or more in
 * a request. Each request names the device to load into. A request with a description
 * begins anew. Private pieces have to follow each other without a gap. The request
 * with VDPA_ATTR_STATE_END loads everything that came over this socket for the device.
 * Only that one changes the device. A piece that is refused drops all before it.
 *
 * VDPA_CMD_DEV_STATE_LOAD loads what was sent over this socket, without an end, for each device
 * of a VDPA_ATTR_DEV_GROUP. If one is refused, those that were loaded get back what they had.
 * In both cases the core drops what was sent, unless one of the devices does not exist. A driver
 * may reset its device meanwhile, or set DRIVER_OK; the device then stays as the driver leaves it.
 * Until the answer, other requests to load these devices, to write their virtqueues, to suspend
 * or to resume them fail with EBUSY.
 *
 * Pre-copy: VDPA_CMD_DEV_PRECOPY_START begins to copy the state of a device that runs or is
 * suspended. The pre-copy belongs to the socket. A device has one at most. It ends with
 * VDPA_CMD_DEV_PRECOPY_STOP, with the rest, when the socket is closed, when the device is deleted
 * or reset, and with an error of the parent. VDPA_CMD_DEV_PRECOPY_GET gives a round: a message
 * with the description and VDPA_ATTR_STATE_ROUND, private pieces with their offsets, and a message
 * with VDPA_ATTR_PRECOPY_INITIAL and _DIRTY. When little is left, the client suspends the device.
 * VDPA_CMD_DEV_STATE_GET with VDPA_ATTR_STATE_REST then gives the rest: a state with
 * VDPA_ATTR_STATE_ROUNDS in its first message, whose private state comes on top of the rounds.
 *
 * VDPA_CMD_DEV_STATE_SET takes these rounds. Each round is one or more requests: the first with
 * the description, all with VDPA_ATTR_STATE_ROUND, the last with VDPA_ATTR_STATE_END. After the
 * last one the parent stages the round beside the device, which does not change. The device need
 * not have a driver. If it has one, its reset does not discard what is staged. Round 0 begins
 * anew; the others follow it one by one. The rest, with VDPA_ATTR_STATE_ROUNDS in its first
 * request, is loaded on top of them. What is staged belongs to the socket, once for each device.
 * It is discarded when the socket is closed, and with any piece that is refused.
 *
 * VDPA_CMD_MIGRATION_ESTIMATE tells how much there is to carry. As VDPA_CMD_DEV_GET does, it
 * also tells how long suspends and resumes took and would take. Two answers tell how much changes
 * in a second.
 */

/*
 * Pages that the device wrote, for a program that moves a guest's memory while the device runs.
 *
 * VDPA_CMD_DEV_DIRTY_START: the device notes from now on which pages it writes; those that
 * it wrote before are not known. With VDPA_ATTR_DIRTY_PAGE_SIZE, a power of two from 4096
 * to 2^30 that the parent takes (absent: the smallest of them), and up to VDPA_DIRTY_RANGES_MAX
 * VDPA_ATTR_DIRTY_RANGE (absent: all that the device can write). Ranges consist of whole
 * pages and do not overlap. EALREADY if it does so already. It belongs to the device and not
 * to the client: it ends with VDPA_CMD_DEV_DIRTY_STOP or with the device. A suspend does not end
 * it, nor does a reset.
 *
 * VDPA_CMD_DEV_DIRTY_GET with a device alone says what is tracked: VDPA_ATTR_DIRTY_PAGE_SIZE and
 * each VDPA_ATTR_DIRTY_RANGE. ENOENT if nothing is; of DIRTY_STOP as well.
 *
 * VDPA_CMD_DEV_DIRTY_GET with VDPA_ATTR_DIRTY_FIRST, VDPA_ATTR_DIRTY_LAST and, unless it is 0,
 * VDPA_ATTR_DIRTY_ASID reads the pages of a range, which lies within one that is tracked, and
 * clears them. The answer is one message of 4 KiB at most, however large the range is. It has the
 * same attributes, but that VDPA_ATTR_DIRTY_LAST is how far it has come: for the rest, ask
 * again from there on. Each VDPA_ATTR_DIRTY_STRETCH has VDPA_ATTR_DIRTY_FIRST, a multiple of 64
 * pages, and VDPA_ATTR_DIRTY_BITMAP, words of 64 bit in the byte order of the host: bit n of word
 * i is the page 64 * i + n pages behind that. Pages that are in no stretch are clean.
 *
 * If the parent fails after it has told some pages, the answer has these, and an error comes
 * after it.
 *
 * What is in the answer is cleared, and nothing else: a page that is written in that moment is in
 * this answer or in the next, and of two clients one has it. A client that dies with an answer
 * under way takes the pages in that one answer with it; so does one that is told ENOBUFS. With
 * VDPA_ATTR_DIRTY_KEEP nothing is cleared. EOVERFLOW: the device has lost track of what it wrote:
 * stop, start, and carry all of the memory anew.
 */

/* Smallest and largest page size, in bytes; ranges of a device. */
#define VDPA_DIRTY_PAGE_SIZE_MIN	4096ULL
#define VDPA_DIRTY_PAGE_SIZE_MAX	(1ULL << 30)
#define VDPA_DIRTY_RANGES_MAX		64

/* Bytes of private state: of all of it, of one round, or of the rest. */
#define VDPA_STATE_PRIVATE_MAX		(64 * 1024 * 1024)

#endif
