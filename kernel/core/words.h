/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feature bits, including those beyond 63.
 *
 * The kernel's device operations handle 64 bits. A parent reports bits beyond 63 through
 * <linux/vdpa_migration.h>. They cannot be requested when a device is created.
 */
#ifndef _VDPA_WORDS_H
#define _VDPA_WORDS_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <linux/vdpa_migration.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;
struct vdpa_mgmtdev;

static_assert(VDPA_WORDS_MAX - 1 == VDPA_HIGH_WORDS);

/**
 * struct vdpa_words - a set of bits
 * @word: word i has the bits 64i to 64i + 63
 */
struct vdpa_words {
	u64 word[VDPA_WORDS_MAX];
};

unsigned int vdpa_words_used(const struct vdpa_words *words);
struct vdpa_words vdpa_features_offered(const struct vdpa_entry *entry);
struct vdpa_words vdpa_features_negotiated(const struct vdpa_entry *entry);
struct vdpa_words vdpa_features_supported(const struct vdpa_mgmtdev *mgmtdev);

#endif
