/** Answers questions to the fabric in the world of a cursor. The index of its places is made at the first question. */
import type {
  DevicesRequest,
  DevicesView,
  FabricOffer,
  PipelineRequest,
  PipelineView,
  PlacesRequest,
  PlacesView,
  RouteRequest,
  RouteView,
} from '../contract/fabric-queries.ts';
import type { Cursor } from '../contract/frame.ts';
import type { World } from '../model/world.ts';
import { devicesView } from '../view/fabric/devices-view.ts';
import { offerView } from '../view/fabric/offer-view.ts';
import { pipelineView } from '../view/fabric/pipeline-view.ts';
import { FabricPlaces } from '../view/fabric/places.ts';
import { routeView } from '../view/fabric/route-view.ts';
import type { OpenDocument } from './document.ts';
import { pictureAt, type Picture } from './picture-at.ts';

const nothing = 'Nothing is open.';

export class FabricQueries {
  #places: { readonly picture: Picture; readonly places: FabricPlaces } | null = null;

  constructor(
    readonly open: () => OpenDocument | null,
    readonly world: (cursor: Cursor) => World | null,
  ) {}

  #at(cursor: Cursor): { readonly world: World; readonly places: FabricPlaces } | null {
    const document = this.open();
    const world = this.world(cursor);
    if (document === null || world === null) return null;
    const picture = pictureAt(document, world);
    if (this.#places?.picture !== picture)
      this.#places = { picture, places: new FabricPlaces(picture.machine, picture.names, picture.graph) };
    return { world, places: this.#places.places };
  }

  offer(cursor: Cursor): FabricOffer {
    const at = this.#at(cursor);
    return at === null
      ? { functions: 0, places: 0, kinds: [], engines: [], examples: { devices: [], routes: [], pipelines: [] } }
      : offerView(at.world);
  }

  find(request: PlacesRequest): PlacesView {
    const at = this.#at(request.cursor);
    return at === null ? { total: 0, found: [] } : at.places.find(at.world, request);
  }

  route({ cursor, from, to }: RouteRequest): RouteView {
    const at = this.#at(cursor);
    return at === null
      ? { problem: nothing, nearest: null, widest: null, same: false, peer: null }
      : routeView(at.world, at.places, from, to);
  }

  devices({ cursor, wish }: DevicesRequest): DevicesView {
    const at = this.#at(cursor);
    return at === null
      ? { problem: nothing, foundTotal: 0, found: [], droppedTotal: 0, dropped: [], binding: [] }
      : devicesView(at.world, at.places, wish);
  }

  pipeline({ cursor, stages, bytes }: PipelineRequest): PipelineView {
    const at = this.#at(cursor);
    return at === null
      ? { problem: nothing, stuck: null, plans: [] }
      : pipelineView(at.world, at.places, stages, bytes);
  }
}
