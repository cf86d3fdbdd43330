/** The import graph of design section 4, as a build error. Type-only imports count too. */
module.exports = {
  forbidden: [
    {
      name: 'domain-imports-nothing',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'reducers-are-pure',
      severity: 'error',
      from: { path: '^reducers/' },
      to: { pathNot: ['^reducers/', '^src/domain/', 'node_modules/immer/'] },
    },
    {
      name: 'streams-and-effects-know-only-domain',
      severity: 'error',
      from: { path: '^(streams|effects)/' },
      to: {
        path: '^(streams|reducers|effects|src)/',
        // A port, which brings nothing of ours with it.
        pathNot: ['^$1/', '^src/domain/', '^src/clients/fileSystem\\.ts$'],
      },
    },
    {
      name: 'the-page-knows-only-domain',
      severity: 'error',
      from: { path: '^src/console/page/' },
      to: {
        path: '^(src|streams|reducers|effects)/',
        pathNot: ['^src/console/page/', '^src/domain/'],
      },
    },
    {
      name: 'only-browsers-load-the-page',
      severity: 'error',
      from: { path: '^(src|streams|reducers|effects)/', pathNot: '^src/console/page/' },
      to: { path: '^src/console/page/' },
    },
    {
      name: 'production-never-imports-test',
      severity: 'error',
      from: { path: '^(src|streams|reducers|effects)/' },
      to: { path: '^(test|bench)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dead-files',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '^src/main',
          '^src/console/page/main',
          '^src/console/build\.js$',
          '\\.d\\.ts$',
          'tsconfig\\.json$',
        ],
      },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
