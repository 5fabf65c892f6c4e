param prefix string = 'kelp'
param location string = resourceGroup().location

resource plan 'Microsoft.Web/serverfarms@2022-09-01' = {
  name: '${prefix}-plan'
  location: location
  sku: { name: 'B1' }
}

resource app 'Microsoft.Web/sites@2022-09-01' = {
  name: '${prefix}-app'
  location: location
  properties: {
    serverFarmId: plan.id
    httpsOnly: false
    siteConfig: {
      minTlsVersion: '1.0'
      http20Enabled: false
    }
  }
}

module storage 'storage.bicep' = {
  name: 'storage'
  params: { name: '${prefix}files' }
}
