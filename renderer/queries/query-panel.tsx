import { Tabs } from 'radix-ui';
import { Route, ScanSearch, Spline, X, type LucideIcon } from 'lucide-react';
import type { FabricOffer } from '../../app/contract/fabric-queries.ts';
import { client } from '../client.ts';
import { GraphCanvas } from '../graph/canvas.tsx';
import { queryTabs, useQueries, type QueryTab } from '../stores/queries.ts';
import { walkRows } from './choose-row.tsx';
import { FindTab } from './find-tab.tsx';
import { PipelineTab } from './pipeline-tab.tsx';
import { RouteTab } from './route-tab.tsx';
import { useQuery } from './use-query.ts';
import './queries.css';
import './query-form.css';
import './query-results.css';

const tabs: Readonly<
  Record<QueryTab, { title: string; icon: LucideIcon; content: (props: { offer: FabricOffer }) => React.JSX.Element }>
> = {
  find: { title: 'Find a device', icon: ScanSearch, content: FindTab },
  route: { title: 'Route', icon: Spline, content: RouteTab },
  pipeline: { title: 'Pipeline', icon: Route, content: PipelineTab },
};

/** Questions to the machine as a graph. A result that is chosen stands out in the graph below or beside them. */
export function QueryPanel() {
  const tab = useQueries((state) => state.tab);
  const shown = useQueries((state) => state.shown);
  const offer = useQuery('offer', (cursor) => client().request('fabricOffer', cursor));
  if (offer === null) return null;
  return (
    <section className="queries" aria-label="Queries">
      <div className="query-split" data-graph={shown !== null || undefined}>
        <Tabs.Root
          className="query-side"
          value={tab}
          onValueChange={(value) => useQueries.setState({ tab: queryTabs.find((name) => name === value) ?? 'find' })}
        >
          <Tabs.List className="view-head query-tabs" aria-label="Kinds of queries">
            {queryTabs.map((name) => {
              const { title, icon: Icon } = tabs[name];
              return (
                <Tabs.Trigger key={name} className="query-tab" value={name}>
                  <Icon size={14} aria-hidden="true" /> {title}
                </Tabs.Trigger>
              );
            })}
          </Tabs.List>
          {queryTabs.map((name) => {
            const { content: Content } = tabs[name];
            return (
              <Tabs.Content key={name} className="query-content" value={name} tabIndex={-1} onKeyDown={walkRows}>
                <Content offer={offer.view} />
              </Tabs.Content>
            );
          })}
        </Tabs.Root>
        {shown !== null && (
          <div className="query-graph" role="group" aria-label="In the graph">
            <p className="query-shown">
              <span>{shown.said}</span>
              <button
                type="button"
                className="control plain square"
                aria-label="Close the graph"
                onClick={() => useQueries.setState({ shown: null })}
              >
                <X size={14} aria-hidden="true" />
              </button>
            </p>
            <div className="query-picture">
              <GraphCanvas />
            </div>
          </div>
        )}
      </div>
    </section>
  );
}
