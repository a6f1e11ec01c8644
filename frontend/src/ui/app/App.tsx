/** Providers and routes. Every page is its own chunk; the editor brings the drawing code only when it is opened. */
import { QueryClientProvider } from '@tanstack/react-query'
import { Suspense } from 'react'
import {
  createBrowserRouter,
  Outlet,
  type LoaderFunctionArgs,
  type ShouldRevalidateFunctionArgs,
} from 'react-router'
import { RouterProvider } from 'react-router/dom'

import { ToastHost } from '@/ui/kit/Toast'
import { TooltipProvider } from '@/ui/kit/Tooltip'
import { filtersFrom } from '@/ui/images/filters'
import { prefetchImageList } from '@/ui/images/useImageList'

import { NotFoundPage, RouteError } from './ErrorPages'
import { PageSkeleton } from './PageSkeleton'
import { prefetchProject, queryClient } from './queries'
import { Shell } from './Shell'
import { SignedIn } from './SignedIn'

function Root() {
  return (
    <Suspense fallback={<PageSkeleton />}>
      <Outlet />
    </Suspense>
  )
}

/** The loaders only fill the cache of queries; what is in it is kept fresh by the pages themselves. */
const otherProject = ({ currentParams, nextParams }: ShouldRevalidateFunctionArgs) =>
  currentParams.projectId !== nextParams.projectId

const projectPages = [
  {
    index: true,
    lazy: async () => ({ Component: (await import('@/ui/images/ImagesPage')).ImagesPage }),
    loader: ({ params, request }: LoaderFunctionArgs) => {
      prefetchImageList(params.projectId ?? '', filtersFrom(new URL(request.url).searchParams))
      return null
    },
    shouldRevalidate: otherProject,
  },
  {
    path: 'overview',
    lazy: async () => ({ Component: (await import('@/ui/overview/OverviewPage')).OverviewPage }),
  },
  {
    path: 'classes',
    lazy: async () => ({ Component: (await import('@/ui/palette/ClassesPage')).ClassesPage }),
  },
  {
    path: 'versions',
    lazy: async () => ({ Component: (await import('@/ui/versions/VersionsPage')).VersionsPage }),
  },
  {
    path: 'models',
    lazy: async () => ({ Component: (await import('@/ui/models/ModelsPage')).ModelsPage }),
  },
  {
    path: 'models/compare',
    lazy: async () => ({ Component: (await import('@/ui/models/ComparePage')).ComparePage }),
  },
  {
    path: 'models/:modelId',
    lazy: async () => ({ Component: (await import('@/ui/models/ModelPage')).ModelPage }),
  },
  {
    path: 'queue',
    lazy: async () => ({ Component: (await import('@/ui/queue/QueuePage')).QueuePage }),
  },
  {
    path: 'members',
    lazy: async () => ({ Component: (await import('@/ui/members/MembersPage')).MembersPage }),
  },
  { path: 'jobs', lazy: async () => ({ Component: (await import('@/ui/jobs/JobsPage')).JobsPage }) },
  {
    path: 'settings',
    lazy: async () => ({ Component: (await import('@/ui/settings/SettingsPage')).SettingsPage }),
  },
]

const invitation = async () => ({ Component: (await import('@/ui/auth/InvitationPage')).InvitationPage })

export const routes = [
  {
    Component: Root,
    errorElement: <RouteError />,
    hydrateFallbackElement: <PageSkeleton />,
    children: [
      { path: '/login', lazy: async () => ({ Component: (await import('@/ui/auth/LoginPage')).LoginPage }) },
      { path: '/invitations/:token', lazy: invitation },
      { path: '/invite/:token', lazy: invitation },
      {
        Component: SignedIn,
        children: [
          {
            path: '/images/:imageId',
            errorElement: <RouteError />,
            lazy: async () => ({ Component: (await import('@/ui/editor/EditorPage')).default }),
          },
        ],
      },
      {
        Component: Shell,
        children: [
          {
            errorElement: <RouteError />,
            children: [
              {
                path: '/',
                lazy: async () => ({ Component: (await import('@/ui/projects/ProjectsPage')).ProjectsPage }),
              },
              {
                path: '/account',
                lazy: async () => ({ Component: (await import('@/ui/account/AccountPage')).AccountPage }),
              },
              {
                path: '/projects/:projectId',
                lazy: async () => ({ Component: (await import('@/ui/project/ProjectLayout')).ProjectLayout }),
                loader: async ({ params }: LoaderFunctionArgs) => {
                  await prefetchProject(params.projectId ?? '')
                  return null
                },
                shouldRevalidate: otherProject,
                children: projectPages,
              },
              { path: '*', Component: NotFoundPage },
            ],
          },
        ],
      },
    ],
  },
]

const router = createBrowserRouter(routes)

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={350}>
        <ToastHost>
          <RouterProvider router={router} />
        </ToastHost>
      </TooltipProvider>
    </QueryClientProvider>
  )
}
