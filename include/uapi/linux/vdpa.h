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
	VDPA_CMD_DEV_VSTATS_GET = 7,	/* statistics of one queue; CAP_NET_ADMIN */
	VDPA_CMD_DEV_ATTR_SET = 8,	/* change a device; CAP_NET_ADMIN */
};

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
};

#endif
