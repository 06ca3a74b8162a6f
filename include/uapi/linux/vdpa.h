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

/* The version in a request's header is not judged: clients send 1 and 2. */
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
	VDPA_ATTR_DEV_SUSPEND_MAX = 134,		/* u64, ns */
	VDPA_ATTR_DEV_RESUME_LAST = 135,		/* u64, ns the last resume took */
	VDPA_ATTR_DEV_RESUME_MAX = 136,			/* u64, ns */

	/* VDPA_CMD_DEV_SUSPEND and VDPA_CMD_DEV_RESUME */
	VDPA_ATTR_DEV_GROUP = 137,			/* nested, VDPA_ATTR_DEV_NAME of each */
	VDPA_ATTR_DEADLINE = 138,			/* u32, ms from now; suspend only */

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
};

/* The last attribute there is. */
#define VDPA_ATTR_LAST	VDPA_ATTR_EVENT_CAUSE

/* Longest deadline, in ms. */
#define VDPA_DEADLINE_MAX	3600000

/* Most devices in one VDPA_ATTR_DEV_GROUP. */
#define VDPA_GROUP_MAX		512

/* What a device is doing. */
enum vdpa_dev_state {
	VDPA_DEV_STATE_INACTIVE = 0,	/* no driver, or one that has not set DRIVER_OK */
	VDPA_DEV_STATE_ACTIVE = 1,	/* DRIVER_OK: it works */
	VDPA_DEV_STATE_SUSPENDING = 2,	/* its parent is about to suspend it */
	VDPA_DEV_STATE_SUSPENDED = 3,	/* nothing moves until it is resumed or reset */
	VDPA_DEV_STATE_RESUMING = 4,	/* its parent is about to resume it */
	VDPA_DEV_STATE_FAILED = 5,	/* FAILED or NEEDS_RESET: only a reset helps */
	VDPA_DEV_STATE_REMOVING = 6,	/* it is being deleted */
};

/* What a device's parent can do, bits of VDPA_ATTR_DEV_CAPS. */
enum vdpa_dev_cap {
	VDPA_DEV_CAP_SUSPEND = 1,	/* suspend */
	VDPA_DEV_CAP_RESUME = 2,	/* resume without a reset */
	VDPA_DEV_CAP_VQ_STATE = 4,	/* tell and take the state of virtqueues */
	VDPA_DEV_CAP_VSTATS = 8,	/* count per virtqueue */
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
	VDPA_EVENT_MGMTDEV_ADDED = 1,	/* bears the management device's names */
	VDPA_EVENT_MGMTDEV_REMOVED = 2,	/* the same */
	VDPA_EVENT_DEV_ADDED = 3,	/* and the device's name, IDs and sizes */
	VDPA_EVENT_DEV_REMOVED = 4,	/* and the device's name */
	VDPA_EVENT_DEV_STATE = 5,	/* the same, and old state, state and cause */
	VDPA_EVENT_DEV_CONFIG = 6,	/* the same, and cause: the configuration changed */
};

/* Who made it happen. */
enum vdpa_cause {
	VDPA_CAUSE_DRIVER = 0,		/* the bus driver: a virtual machine, or the kernel's */
	VDPA_CAUSE_MANAGEMENT = 1,	/* a command of this family, or the parent's going */
	VDPA_CAUSE_DEVICE = 2,		/* the device itself */
};

#endif
