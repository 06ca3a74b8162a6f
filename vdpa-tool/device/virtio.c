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
	FEATURE_BITS = VDPA_WORDS_MAX * 64,
};

/* Names by their bits, "" where there is none. No pointers: they would have to be set whenever the command starts. */
typedef const char bit_name[28];

#define NAMES(table) table, sizeof(table) / sizeof((table)[0])

/* Bits that mean the same in every class; the first two are legacy virtio. */
static bit_name common[] = {
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

static bit_name net[] = {
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

static bit_name block[] = {
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

static bit_name console[] = {
	[0] = "SIZE",
	[1] = "MULTIPORT",
	[2] = "EMERG_WRITE",
};

static bit_name balloon[] = {
	[0] = "MUST_TELL_HOST",
	[1] = "STATS_VQ",
	[2] = "DEFLATE_ON_OOM",
	[3] = "FREE_PAGE_HINT",
	[4] = "PAGE_POISON",
	[5] = "REPORTING",
};

static bit_name rpmsg[] = {
	[0] = "NS",
};

static bit_name scsi[] = {
	[0] = "INOUT",
	[1] = "HOTPLUG",
	[2] = "CHANGE",
	[3] = "T10_PI",
};

static bit_name transport_9p[] = {
	[0] = "MOUNT_TAG",
};

static bit_name gpu[] = {
	[0] = "VIRGL",
	[1] = "EDID",
	[2] = "RESOURCE_UUID",
	[3] = "RESOURCE_BLOB",
	[4] = "CONTEXT_INIT",
	[5] = "BLOB_ALIGNMENT",
};

static bit_name clock[] = {
	[0] = "ALARM",
};

static bit_name vsock[] = {
	[0] = "STREAM",
	[1] = "SEQPACKET",
	[2] = "NO_IMPLIED_STREAM",
};

static bit_name crypto[] = {
	[0] = "REVISION_1",
	[1] = "CIPHER_STATELESS_MODE",
	[2] = "HASH_STATELESS_MODE",
	[3] = "MAC_STATELESS_MODE",
	[4] = "AEAD_STATELESS_MODE",
	[5] = "AKCIPHER_STATELESS_MODE",
};

static bit_name iommu[] = {
	[0] = "INPUT_RANGE",
	[1] = "DOMAIN_RANGE",
	[2] = "MAP_UNMAP",
	[3] = "BYPASS",
	[4] = "PROBE",
	[5] = "MMIO",
	[6] = "BYPASS_CONFIG",
};

static bit_name mem[] = {
	[0] = "ACPI_PXM",
	[1] = "UNPLUGGED_INACCESSIBLE",
	[2] = "PERSISTENT_SUSPEND",
};

static bit_name sound[] = {
	[0] = "CTLS",
};

static bit_name fs[] = {
	[0] = "NOTIFICATION",
};

static bit_name pmem[] = {
	[0] = "SHMEM_REGION",
};

static bit_name scmi[] = {
	[0] = "P2A_CHANNELS",
	[1] = "SHARED_MEMORY",
};

static bit_name i2c[] = {
	[0] = "ZERO_LENGTH_REQUEST",
};

static bit_name can[] = {
	[0] = "CAN_CLASSIC",
	[1] = "CAN_FD",
	[2] = "RTR_FRAMES",
	[3] = "LATE_TX_ACK",
};

static bit_name bluetooth[] = {
	[0] = "VND_HCI",
	[1] = "MSFT_EXT",
	[2] = "AOSP_EXT",
	[3] = "CONFIG_V2",
};

static bit_name gpio[] = {
	[0] = "IRQ",
};

/* By virtio device ID. iproute2 calls class 1 "network" where it shows a device. */
static const struct {
	const char *name;
	const char *type;		/* NULL: the same */
	bit_name *bits;			/* NULL: none of its own */
	unsigned int count;		/* of @bits */
} classes_table[BITS] = {
	[CLASS_NET] =	{ "net", "network", NAMES(net) },
	[CLASS_BLOCK] =	{ "block", NULL, NAMES(block) },
	[3] =	{ "console", NULL, NAMES(console) },
	[4] =	{ "rng" },
	[5] =	{ "balloon", NULL, NAMES(balloon) },
	[6] =	{ "iomem" },
	[7] =	{ "rpmsg", NULL, NAMES(rpmsg) },
	[8] =	{ "scsi", NULL, NAMES(scsi) },
	[9] =	{ "9p", NULL, NAMES(transport_9p) },
	[10] =	{ "mac80211_wlan" },
	[11] =	{ "rproc_serial" },
	[12] =	{ "caif" },
	[13] =	{ "memory_balloon" },
	[16] =	{ "gpu", NULL, NAMES(gpu) },
	[17] =	{ "clock", NULL, NAMES(clock) },
	[18] =	{ "input" },
	[19] =	{ "vsock", NULL, NAMES(vsock) },
	[20] =	{ "crypto", NULL, NAMES(crypto) },
	[21] =	{ "signal_dist" },
	[22] =	{ "pstore" },
	[23] =	{ "iommu", NULL, NAMES(iommu) },
	[24] =	{ "mem", NULL, NAMES(mem) },
	[25] =	{ "sound", NULL, NAMES(sound) },
	[26] =	{ "fs", NULL, NAMES(fs) },
	[27] =	{ "pmem", NULL, NAMES(pmem) },
	[28] =	{ "rpmb" },
	[29] =	{ "mac80211_hwsim" },
	[30] =	{ "video_encoder" },
	[31] =	{ "video_decoder" },
	[32] =	{ "scmi", NULL, NAMES(scmi) },
	[33] =	{ "nitro_sec_mod" },
	[34] =	{ "i2c_adapter", NULL, NAMES(i2c) },
	[35] =	{ "watchdog" },
	[36] =	{ "can", NULL, NAMES(can) },
	[37] =	{ "dmabuf" },
	[38] =	{ "param_serv" },
	[39] =	{ "audio_policy" },
	[40] =	{ "bluetooth", NULL, NAMES(bluetooth) },
	[41] =	{ "gpio", NULL, NAMES(gpio) },
	[42] =	{ "rdma" },
	[43] =	{ "camera" },
	[44] =	{ "ism" },
	[45] =	{ "spi" },
	[46] =	{ "tee" },
	[47] =	{ "cpu_balloon" },
	[48] =	{ "media" },
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

static const char *name_in(bit_name *names, unsigned int count, unsigned int bit)
{
	return bit < count && *names[bit] ? names[bit] : NULL;
}

/* One bit's name, NULL where it has none. */
static const char *feature_name(unsigned int bit, uint32_t id)
{
	const char *name = name_in(NAMES(common), bit);

	return name || id >= BITS ? name : name_in(classes_table[id].bits, classes_table[id].count, bit);
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
