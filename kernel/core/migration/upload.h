/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving a device the state of another one.
 *
 * Everything that can be refused is, before anything is changed; what the parent
 * refuses in the end is undone.
 */
#ifndef _VDPA_UPLOAD_H
#define _VDPA_UPLOAD_H

#include <linux/vdpa.h>

#include "inflight.h"
#include "migration/stream.h"
#include "words.h"

struct vdpa_entry;
struct vdpa_request;
struct vdpa_description;
struct vdpa_precopy;

/* What comes. */
enum vdpa_upload_kind {
	VDPA_UPLOAD_WHOLE,	/* a state, all of it */
	VDPA_UPLOAD_ROUND,	/* a round of a pre-copy: the device stays as it is */
	VDPA_UPLOAD_REST,	/* a state, whose private state comes on top of the rounds */
};

/**
 * struct vdpa_upload_vq - a virtqueue's saved state
 * @index: of the virtqueue
 * @known: @state is there
 * @ready: it worked
 * @size: descriptors; 0: not told
 * @state: its position
 * @inflight: what was in flight in it; only where @known
 */
struct vdpa_upload_vq {
	u16 index;
	bool known;
	bool ready;
	u16 size;
	struct vdpa_vq_state state;
	struct vdpa_inflight inflight;
};

/**
 * struct vdpa_upload_place - where a device was in a virtqueue before a state was loaded
 * @state: position
 * @inflight: what it was to take up
 */
struct vdpa_upload_place {
	struct vdpa_vq_state state;
	struct vdpa_inflight inflight;
};

/**
 * struct vdpa_upload - a saved state
 * @kind: what it is
 * @precopy: that it is a part of; NULL for the whole
 * @round: number of the round; of the rest: rounds that it comes after
 * @source: description of the device that it is of
 * @has_features: @features is there
 * @features: negotiated
 * @n_vqs: virtqueues in @vqs, in the order of their indices
 * @max_vqs: room in @vqs
 * @vqs: the virtqueues
 * @private: the parent's own state
 * @group: what may own the device meanwhile; NULL: it is loaded by itself
 * @old: where the virtqueues in @vqs were before it was loaded; NULL: it was not
 * @sequence: of the device's state while it was loaded
 */
struct vdpa_upload {
	enum vdpa_upload_kind kind;
	struct vdpa_precopy *precopy;
	u32 round;
	struct vdpa_description *source;
	bool has_features;
	struct vdpa_words features;
	unsigned int n_vqs;
	unsigned int max_vqs;
	struct vdpa_upload_vq *vqs;
	struct vdpa_stream private;
	const void *group;
	struct vdpa_upload_place *old;
	u32 sequence;
};

void vdpa_upload_free(struct vdpa_upload *upload);
int vdpa_upload_apply(struct vdpa_upload *upload, struct vdpa_request *req);
int vdpa_upload_undo(struct vdpa_upload *upload, struct vdpa_entry *entry);

#endif
