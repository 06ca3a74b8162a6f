// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The numbers are those of the Virtual I/O Device (VIRTIO) specification,
 * version 1.4, and of Linux where that is ahead of it. The names are the
 * specification's without VIRTIO_F_, VIRTIO_NET_F_ and so on, which is how
 * iproute2 shows those that it knows.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "device/virtio.h"

enum {
	BITS = 64,		/* classes that a bitmask can name, and features that can be asked for */
	FEATURE_NAMES = 128,	/* bits of a feature set that virtio has given away */
	FEATURE_BITS = VDPA_WORDS_MAX * 64,
};

typedef const char *const bit_names[FEATURE_NAMES];

/* Bits that mean the same in every class; the first two are legacy virtio. */
static bit_names common = {
	[24] = "NOTIFY_ON_EMPTY",
	[27] = "ANY_LAYOUT",
	[28] = "RING_INDIRECT_DESC",
	[29] = "RING_EVENT_IDX",
	[32] = "VERSION_1",
	[33] = "ACCESS_PLATFORM",
	[34] = "RING_PACKED",
	[35] = "IN_ORDER",
	[36] = "ORDER_PLATFORM",
	[37] = "SR_IOV",
	[38] = "NOTIFICATION_DATA",
	[39] = "NOTIF_CONFIG_DATA",
	[40] = "RING_RESET",
	[41] = "ADMIN_VQ",
	[43] = "SUSPEND",
};

static bit_names net = {
	[0] = "CSUM",
	[1] = "GUEST_CSUM",
	[2] = "CTRL_GUEST_OFFLOADS",
	[3] = "MTU",
	[5] = "MAC",
	[6] = "GSO",
	[7] = "GUEST_TSO4",
	[8] = "GUEST_TSO6",
	[9] = "GUEST_ECN",
	[10] = "GUEST_UFO",
	[11] = "HOST_TSO4",
	[12] = "HOST_TSO6",
	[13] = "HOST_ECN",
	[14] = "HOST_UFO",
	[15] = "MRG_RXBUF",
	[16] = "STATUS",
	[17] = "CTRL_VQ",
	[18] = "CTRL_RX",
	[19] = "CTRL_VLAN",
	[20] = "CTRL_RX_EXTRA",
	[21] = "GUEST_ANNOUNCE",
	[22] = "MQ",
	[23] = "CTRL_MAC_ADDR",
	[42] = "GUEST_RSC6",
	[50] = "DEVICE_STATS",
	[51] = "HASH_TUNNEL",
	[52] = "VQ_NOTF_COAL",
	[53] = "NOTF_COAL",
	[54] = "GUEST_USO4",
	[55] = "GUEST_USO6",
	[56] = "HOST_USO",
	[57] = "HASH_REPORT",
	[59] = "GUEST_HDRLEN",
	[60] = "RSS",
	[61] = "RSC_EXT",
	[62] = "STANDBY",
	[63] = "SPEED_DUPLEX",
	[64] = "RSS_CONTEXT",
	[65] = "GUEST_UDP_TUNNEL_GSO",
	[66] = "GUEST_UDP_TUNNEL_GSO_CSUM",
	[67] = "HOST_UDP_TUNNEL_GSO",
	[68] = "HOST_UDP_TUNNEL_GSO_CSUM",
	[69] = "OUT_NET_HEADER",
	[70] = "IPSEC",
};

static bit_names block = {
	[0] = "BARRIER",
	[1] = "SIZE_MAX",
	[2] = "SEG_MAX",
	[4] = "GEOMETRY",
	[5] = "RO",
	[6] = "BLK_SIZE",
	[7] = "SCSI",
	[9] = "FLUSH",
	[10] = "TOPOLOGY",
	[11] = "CONFIG_WCE",
	[12] = "MQ",
	[13] = "DISCARD",
	[14] = "WRITE_ZEROES",
	[15] = "LIFETIME",
	[16] = "SECURE_ERASE",
	[17] = "ZONED",
};

static bit_names console = {
	[0] = "SIZE",
	[1] = "MULTIPORT",
	[2] = "EMERG_WRITE",
};

static bit_names balloon = {
	[0] = "MUST_TELL_HOST",
	[1] = "STATS_VQ",
	[2] = "DEFLATE_ON_OOM",
	[3] = "FREE_PAGE_HINT",
	[4] = "PAGE_POISON",
	[5] = "REPORTING",
};

static bit_names rpmsg = {
	[0] = "NS",
};

static bit_names scsi = {
	[0] = "INOUT",
	[1] = "HOTPLUG",
	[2] = "CHANGE",
	[3] = "T10_PI",
};

static bit_names transport_9p = {
	[0] = "MOUNT_TAG",
};

static bit_names gpu = {
	[0] = "VIRGL",
	[1] = "EDID",
	[2] = "RESOURCE_UUID",
	[3] = "RESOURCE_BLOB",
	[4] = "CONTEXT_INIT",
	[5] = "BLOB_ALIGNMENT",
};

static bit_names clock = {
	[0] = "ALARM",
};

static bit_names vsock = {
	[0] = "STREAM",
	[1] = "SEQPACKET",
	[2] = "NO_IMPLIED_STREAM",
};

static bit_names crypto = {
	[0] = "REVISION_1",
	[1] = "CIPHER_STATELESS_MODE",
	[2] = "HASH_STATELESS_MODE",
	[3] = "MAC_STATELESS_MODE",
	[4] = "AEAD_STATELESS_MODE",
	[5] = "AKCIPHER_STATELESS_MODE",
};

static bit_names iommu = {
	[0] = "INPUT_RANGE",
	[1] = "DOMAIN_RANGE",
	[2] = "MAP_UNMAP",
	[3] = "BYPASS",
	[4] = "PROBE",
	[5] = "MMIO",
	[6] = "BYPASS_CONFIG",
};

static bit_names mem = {
	[0] = "ACPI_PXM",
	[1] = "UNPLUGGED_INACCESSIBLE",
	[2] = "PERSISTENT_SUSPEND",
};

static bit_names sound = {
	[0] = "CTLS",
};

static bit_names fs = {
	[0] = "NOTIFICATION",
};

static bit_names pmem = {
	[0] = "SHMEM_REGION",
};

static bit_names scmi = {
	[0] = "P2A_CHANNELS",
	[1] = "SHARED_MEMORY",
};

static bit_names i2c = {
	[0] = "ZERO_LENGTH_REQUEST",
};

static bit_names can = {
	[0] = "CAN_CLASSIC",
	[1] = "CAN_FD",
	[2] = "RTR_FRAMES",
	[3] = "LATE_TX_ACK",
};

static bit_names bluetooth = {
	[0] = "VND_HCI",
	[1] = "MSFT_EXT",
	[2] = "AOSP_EXT",
	[3] = "CONFIG_V2",
};

static bit_names gpio = {
	[0] = "IRQ",
};

/* By virtio device ID. iproute2 calls class 1 "network" where it shows a device. */
static const struct {
	const char *name;
	const char *type;		/* NULL: the same */
	const char *const *bits;	/* NULL: none of its own */
} classes_table[BITS] = {
	[CLASS_NET] =	{ "net", "network", net },
	[CLASS_BLOCK] =	{ "block", NULL, block },
	[3] =	{ "console", NULL, console },
	[4] =	{ "rng", NULL, NULL },
	[5] =	{ "balloon", NULL, balloon },
	[6] =	{ "iomem", NULL, NULL },
	[7] =	{ "rpmsg", NULL, rpmsg },
	[8] =	{ "scsi", NULL, scsi },
	[9] =	{ "9p", NULL, transport_9p },
	[10] =	{ "mac80211_wlan", NULL, NULL },
	[11] =	{ "rproc_serial", NULL, NULL },
	[12] =	{ "caif", NULL, NULL },
	[13] =	{ "memory_balloon", NULL, NULL },
	[16] =	{ "gpu", NULL, gpu },
	[17] =	{ "clock", NULL, clock },
	[18] =	{ "input", NULL, NULL },
	[19] =	{ "vsock", NULL, vsock },
	[20] =	{ "crypto", NULL, crypto },
	[21] =	{ "signal_dist", NULL, NULL },
	[22] =	{ "pstore", NULL, NULL },
	[23] =	{ "iommu", NULL, iommu },
	[24] =	{ "mem", NULL, mem },
	[25] =	{ "sound", NULL, sound },
	[26] =	{ "fs", NULL, fs },
	[27] =	{ "pmem", NULL, pmem },
	[28] =	{ "rpmb", NULL, NULL },
	[29] =	{ "mac80211_hwsim", NULL, NULL },
	[30] =	{ "video_encoder", NULL, NULL },
	[31] =	{ "video_decoder", NULL, NULL },
	[32] =	{ "scmi", NULL, scmi },
	[33] =	{ "nitro_sec_mod", NULL, NULL },
	[34] =	{ "i2c_adapter", NULL, i2c },
	[35] =	{ "watchdog", NULL, NULL },
	[36] =	{ "can", NULL, can },
	[37] =	{ "dmabuf", NULL, NULL },
	[38] =	{ "param_serv", NULL, NULL },
	[39] =	{ "audio_policy", NULL, NULL },
	[40] =	{ "bluetooth", NULL, bluetooth },
	[41] =	{ "gpio", NULL, gpio },
	[42] =	{ "rdma", NULL, NULL },
	[43] =	{ "camera", NULL, NULL },
	[44] =	{ "ism", NULL, NULL },
	[45] =	{ "spi", NULL, NULL },
	[46] =	{ "tee", NULL, NULL },
	[47] =	{ "cpu_balloon", NULL, NULL },
	[48] =	{ "media", NULL, NULL },
};

const char *class_type(uint32_t id, char *unknown, size_t size)
{
	if (id < BITS && classes_table[id].name)
		return classes_table[id].type ? classes_table[id].type : classes_table[id].name;
	snprintf(unknown, size, "type_%u", id);
	return unknown;
}

static const char class_prefix[] = "class_";

const char *class_name(uint32_t id, char *unknown, size_t size)
{
	if (id < BITS && classes_table[id].name)
		return classes_table[id].name;
	snprintf(unknown, size, "%s%u", class_prefix, id);
	return unknown;
}

bool class_id(const char *name, uint32_t *id)
{
	size_t prefix = sizeof(class_prefix) - 1;
	uint64_t number;

	for (*id = 1; *id < BITS; (*id)++)
		if (classes_table[*id].name && strcmp(classes_table[*id].name, name) == 0)
			return true;
	if (strncmp(name, class_prefix, prefix) != 0 ||
	    !args_number(name + prefix, 1, UINT32_MAX, &number))
		return false;
	*id = number;
	return true;
}

void out_classes(struct output *out, const char *key, uint64_t classes)
{
	char unknown[CLASS_SIZE];

	out_list(out, key);
	for (unsigned int id = 1; id < BITS; id++)
		if (classes >> id & 1)
			out_text(out, NULL, class_name(id, unknown, sizeof(unknown)));
	out_list_end(out);
}

uint32_t classes_naming(uint64_t classes)
{
	if (classes >> CLASS_NET & 1)
		return CLASS_NET;
	if (!classes || classes & (classes - 1))
		return CLASS_NONE;
	return __builtin_ctzll(classes);
}

/* One bit's name, NULL where it has none. */
static const char *feature_name(unsigned int bit, uint32_t id)
{
	if (bit >= FEATURE_NAMES)
		return NULL;
	if (common[bit])
		return common[bit];
	if (id >= BITS || !classes_table[id].bits)
		return NULL;
	return classes_table[id].bits[bit];
}

static const char bit_prefix[] = "bit_";

void out_features(struct output *out, const char *key, const struct bits *features, uint32_t id)
{
	out_list(out, key);
	for (unsigned int bit = 0; bit < FEATURE_BITS; bit++) {
		const char *name;

		if (!bits_have(features, bit))
			continue;
		name = feature_name(bit, id);
		if (name)
			out_text(out, NULL, name);
		else
			out_format(out, NULL, "%s%u", bit_prefix, bit);
	}
	out_list_end(out);
}

bool feature_bit(const char *name, uint32_t id, unsigned int *bit)
{
	size_t prefix = sizeof(bit_prefix) - 1;
	uint64_t number;

	for (*bit = 0; *bit < BITS; (*bit)++) {
		const char *known = feature_name(*bit, id);

		if (known && strcmp(known, name) == 0)
			return true;
	}
	if (strncmp(name, bit_prefix, prefix) != 0 || !args_number(name + prefix, 0, BITS - 1, &number))
		return false;
	*bit = number;
	return true;
}

bool feature_exists(const char *name)
{
	unsigned int bit;

	for (uint32_t id = 0; id < BITS; id++)
		if (feature_bit(name, id, &bit))
			return true;
	return false;
}
